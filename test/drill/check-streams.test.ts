/** Of calls over media streams the checker finds nothing in good evidence, and each fault in bad. */
import { describe, expect, test } from '@jest/globals';
import { checkHistory } from '../../src/drill/index.ts';
import type { Evidence, StreamViolationKind, ViolationKind } from '../../src/drill/index.ts';
import type { EntryOf, TruthEntry } from '../../src/simulator/index.ts';
import { FIRST_TOKEN, goodStreamEvidence } from './good-stream-evidence.ts';

interface Tampering {
  kind: ViolationKind;
  what: string;
  tamper: (evidence: Evidence) => void;
  /** Others that cannot be helped. */
  also?: ViolationKind[];
}

function turnOf(evidence: Evidence, key: string) {
  const turn = evidence.database.turns.findLast((each) => each.key === key);
  if (!turn) throw new Error('there is no such turn');
  return turn;
}

function entryAt<K extends TruthEntry['kind']>(
  evidence: Evidence,
  kind: K,
  holds: string,
): EntryOf<K> {
  const entry = evidence.truth.findLast(
    (each) => each.kind === kind && JSON.stringify(each).includes(holds),
  );
  if (!entry) throw new Error('there is no such entry');
  return entry as EntryOf<K>;
}

function remove(evidence: Evidence, entry: TruthEntry): void {
  evidence.truth = evidence.truth.filter((each) => each !== entry);
}

/** A turn of the call in the record alone. */
function addTurn(evidence: Evidence, text: string): void {
  const like = turnOf(evidence, '13');
  const heard = { kind: 'speech', text };
  evidence.database.turns.push({ ...like, key: '14', position: 5, heard, reply: null });
}

const TAMPERINGS: Tampering[] = [
  {
    kind: 'lost-words',
    what: 'a sentence is in no turn',
    tamper: (it) => {
      turnOf(it, '12').heard = { kind: 'silence' };
    },
  },
  {
    kind: 'lost-words',
    what: 'the end of a sentence is missing',
    tamper: (it) => {
      turnOf(it, '2').heard = { kind: 'speech', text: 'And what about' };
    },
  },
  {
    kind: 'lost-words',
    what: 'keys are missing',
    tamper: (it) => {
      turnOf(it, '13').heard = { kind: 'keys', digits: '4' };
    },
  },
  {
    kind: 'invented-words',
    what: 'a turn was never said',
    tamper: (it) => addTurn(it, 'Something else altogether.'),
  },
  {
    kind: 'invented-words',
    what: 'keys that nobody pressed',
    tamper: (it) => {
      turnOf(it, '13').heard = { kind: 'keys', digits: '429' };
    },
  },
  {
    kind: 'words-twice',
    what: 'a turn is in the transcript again',
    tamper: (it) => addTurn(it, 'Do you have fresh pineapple?'),
  },
  {
    kind: 'words-out-of-order',
    what: 'two turns have changed places',
    tamper: (it) => {
      const [first, second] = [turnOf(it, '1'), turnOf(it, '2')];
      [first.heard, second.heard] = [second.heard, first.heard];
    },
  },
  {
    kind: 'unheard-words',
    what: 'an answer was recorded that nobody has heard',
    tamper: (it) => {
      const heard = entryAt(it, 'heard', 'Of course we have');
      heard.text = 'Of course';
    },
  },
  {
    kind: 'unheard-words',
    what: 'more of an interrupted answer was recorded than was heard',
    tamper: (it) => {
      entryAt(it, 'heard', 'Once upon a time').text = 'Once upon';
    },
  },
  {
    kind: 'untold-words',
    what: 'less of an interrupted answer was recorded than was heard',
    tamper: (it) => {
      entryAt(it, 'heard', 'Once upon a time').text = 'Once upon a time there lived a cook';
    },
  },
  {
    kind: 'greeted-twice',
    what: 'the greeting was heard over the second stream again',
    tamper: (it) => {
      const heard = entryAt(it, 'heard', 'the line was gone');
      heard.text = entryAt(it, 'heard', 'this is the assistant').text;
    },
  },
  {
    kind: 'stream-not-over',
    what: 'a stream has no end',
    tamper: (it) => remove(it, entryAt(it, 'stream', '"by":"ended"')),
  },
  {
    kind: 'stream-not-over',
    what: 'a stream was open long after the call',
    tamper: (it) => {
      const end = entryAt(it, 'stream', '"by":"ended"');
      end.atMs = (it.truth.at(-1)?.atMs ?? 0) + 6_000;
    },
  },
  {
    kind: 'leak',
    what: 'words that were said over a stream are in a log',
    tamper: (it) => log(it, 'recognised: what about ripe papaya'),
  },
  {
    kind: 'leak',
    what: 'the token of a stream is in a log',
    tamper: (it) => log(it, `{"token":"${FIRST_TOKEN}"}`),
  },
];

function log(evidence: Evidence, line: string): void {
  evidence.logs.push({ name: 'media.log', text: `${line}\n` });
}

describe('the history checker, of calls over media streams', () => {
  test('finds nothing in a call that went well, and counts', () => {
    const { counts, violations } = checkHistory(goodStreamEvidence().evidence);
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({
      calls: 3,
      callsOverStreams: 1,
      streams: 2,
      utterances: 4, // those of the other calls
      saidOverStreams: 5,
      keptOverStreams: 4,
      openAtALoss: 1,
      'stream-answered': 4,
      repliesOverStreams: 4,
      repliesInterrupted: 1,
      lost: 0,
    });
  });

  test.each(TAMPERINGS)('finds $kind: $what', ({ kind, tamper, also = [] }) => {
    const { evidence } = goodStreamEvidence();
    tamper(evidence);
    const kinds = checkHistory(evidence).violations.map((each) => each.kind);
    expect(kinds).toContain(kind);
    const allowed: ViolationKind[] = [kind, 'record-differs', 'gap-in-turns', ...also];
    expect(kinds.filter((each) => !allowed.includes(each))).toEqual([]);
  });

  test('has a tampering for every kind of violation of streams', () => {
    const kinds: Record<StreamViolationKind, true> = {
      'words-twice': true,
      'unheard-words': true,
      'untold-words': true,
      'greeted-twice': true,
      'stream-not-over': true,
    };
    const tampered: string[] = TAMPERINGS.map(({ kind }) => kind);
    expect(Object.keys(kinds).filter((kind) => !tampered.includes(kind))).toEqual([]);
  });
});

describe('over a stream it is no fault', () => {
  test('that a sentence is missing which a lost stream has cut off, or that was said just before', () => {
    const { evidence } = goodStreamEvidence();
    const voice = entryAt(evidence, 'stream-voice', 'papaya');
    const end = entryAt(evidence, 'stream', '1006');
    voice.endsAtMs = end.atMs - 1_000;
    turnOf(evidence, '2').heard = { kind: 'silence' };
    expect(checkHistory(evidence).violations).toEqual([]);
    voice.endsAtMs = end.atMs - 10_000;
    expect(checkHistory(evidence).violations).toMatchObject([{ kind: 'lost-words' }]);
    voice.isComplete = false;
    expect(checkHistory(evidence).violations).toEqual([]);
  });

  test('that it is said again, and is there once', () => {
    const { evidence } = goodStreamEvidence();
    const voice = entryAt(evidence, 'stream-voice', 'papaya');
    const cut = { ...voice, utteranceId: 'cut', isComplete: false };
    evidence.truth.splice(evidence.truth.indexOf(voice), 0, cut);
    expect(checkHistory(evidence).violations).toEqual([]);
  });

  test('that streams were given up, and an answer was heard over TwiML', () => {
    const { evidence } = goodStreamEvidence();
    const last = entryAt(evidence, 'heard', 'Forty two');
    last.text = 'Forty two';
    expect(checkHistory(evidence).violations).toMatchObject([{ kind: 'unheard-words' }]);
    delete last.streamSid;
    Object.assign(last, { source: 'say', text: 'Forty two it is.' });
    const kinds = checkHistory(evidence).violations.map(({ kind }) => kind);
    expect(kinds).not.toContain('unheard-words');
  });

  test('that one sentence is two turns', () => {
    const { evidence } = goodStreamEvidence();
    turnOf(evidence, '1').heard = { kind: 'speech', text: 'Do you' };
    turnOf(evidence, '2').heard = {
      kind: 'speech',
      text: 'have fresh pineapple? And what about ripe papaya?',
    };
    expect(checkHistory(evidence).violations).toEqual([]);
  });

  test('that a greeting is said again when its stream was lost at once', () => {
    const { evidence } = goodStreamEvidence();
    const heard = entryAt(evidence, 'heard', 'the line was gone');
    heard.text = entryAt(evidence, 'heard', 'this is the assistant').text;
    const [first] = evidence.truth.filter((entry) => entry.kind === 'stream');
    const over = entryAt(evidence, 'stream', '1006');
    if (first) over.atMs = first.atMs + 1_500;
    const kinds = checkHistory(evidence).violations.map(({ kind }) => kind);
    expect(kinds).not.toContain('greeted-twice');
  });
});
