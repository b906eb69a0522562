/** What the caller said over streams is in the transcript once and in order, but for what was open at a loss. */
import { align, bareWords } from '../alignment.ts';
import type { Expected } from '../alignment.ts';
import type { CallEvidence } from '../call-evidence.ts';
import type { TurnRecord } from '../evidence.ts';
import type { StreamTalk, StreamUtterance } from '../stream-evidence.ts';
import type { Findings } from '../verdict.ts';
import { plainKeys } from '../words.ts';

/** @param turns of the call, but for those that came by webhooks */
export function checkStreamWords(
  call: CallEvidence,
  talk: StreamTalk,
  turns: readonly TurnRecord[],
  findings: Findings,
): void {
  const inOrder = turns.toSorted((a, b) => a.position - b.position);
  compare(call, findings, {
    said: talk.utterances.filter(({ input }) => input === 'speech'),
    turns: inOrder.filter(({ heard }) => heard.kind === 'speech'),
    partsOf: bareWords,
  });
  compare(call, findings, {
    said: talk.utterances.filter(({ input }) => input === 'dtmf'),
    turns: inOrder.filter(({ heard }) => heard.kind === 'keys'),
    partsOf: (keys) => plainKeys(keys).replaceAll('#', '').split(''),
  });
}

interface Compared {
  said: readonly StreamUtterance[];
  turns: readonly TurnRecord[];
  partsOf: (text: string) => string[];
}

/** Words are compared one by one: turns begin and end where the caller pauses, not where utterances do. */
function compare(call: CallEvidence, findings: Findings, { said, turns, partsOf }: Compared): void {
  const expected = said.flatMap((utterance) =>
    partsOf(utterance.text).map((word): Expected & { utterance: StreamUtterance } => ({
      word,
      weight: utterance.isCommitted ? 1 : 0,
      utterance,
    })),
  );
  const kept = turns.flatMap((turn) => partsOf(textOf(turn)).map((word) => ({ word, turn })));
  const pairs = align(
    expected,
    kept.map(({ word }) => word),
  );
  const found = new Map<StreamUtterance, number>();
  const strange = new Set<TurnRecord>();
  pairs.forEach((place, at) => {
    const utterance = expected[place]?.utterance;
    const turn = kept[at]?.turn;
    if (utterance) found.set(utterance, (found.get(utterance) ?? 0) + 1);
    else if (turn) strange.add(turn);
  });
  for (const turn of turns) findings.count(`stream-${turn.status}`);
  const missing: StreamUtterance[] = [];
  for (const utterance of said) {
    findings.count('saidOverStreams');
    const isWhole = found.get(utterance) === partsOf(utterance.text).length;
    if (isWhole) findings.count('keptOverStreams');
    else if (utterance.isCommitted) missing.push(utterance);
    else findings.count('openAtALoss');
  }
  judge(call, findings, { said, missing, strange: [...strange], partsOf });
}

interface Unpaired {
  said: readonly StreamUtterance[];
  missing: readonly StreamUtterance[];
  strange: readonly TurnRecord[];
  partsOf: (text: string) => string[];
}

function judge(
  { callId }: CallEvidence,
  findings: Findings,
  { said, missing, strange, partsOf }: Unpaired,
): void {
  const bare = (text: string) => partsOf(text).join(' ');
  const lost = new Set(missing);
  for (const turn of strange) {
    const text = bare(textOf(turn));
    const place = `turn ${turn.key} holds ${JSON.stringify(textOf(turn).slice(0, 200))}`;
    const elsewhere = missing.find((utterance) => bare(utterance.text) === text);
    if (elsewhere) {
      lost.delete(elsewhere);
      const where = `${place}, said at truth log ${elsewhere.seq}`;
      findings.violation('words-out-of-order', callId, where);
    } else if (said.some((utterance) => bare(utterance.text) === text)) {
      findings.violation('words-twice', callId, place);
    } else findings.violation('invented-words', callId, place);
  }
  for (const { text, seq } of lost) {
    findings.count('lost');
    const what = `over a stream: ${JSON.stringify(text.slice(0, 200))} (truth log ${seq})`;
    findings.violation('lost-words', callId, what);
  }
}

function textOf({ heard }: TurnRecord): string {
  return heard.kind === 'keys' ? (heard.digits ?? '') : (heard.text ?? '');
}
