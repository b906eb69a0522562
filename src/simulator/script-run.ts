/** Plays a script on a software phone. */
import { sleepReal } from './clock.ts';
import type { TranscriptItem } from './line.ts';
import type { Phone } from './phone.ts';
import type { Action, Reply, Script, ScriptLine } from './script.ts';

export interface ScriptFailure {
  /** Line of the script; 0 for what concerns the whole call. */
  line: number;
  message: string;
}

export interface ScriptResult {
  ok: boolean;
  failures: ScriptFailure[];
  conversation: readonly TranscriptItem[];
}

/**
 * Plays it to its end, or to the first line that fails; then hangs up whatever still goes on. Never
 * rejects.
 */
export async function runScript(phone: Phone, script: Script): Promise<ScriptResult> {
  const failures: ScriptFailure[] = [];
  for (const line of script.lines) {
    try {
      await play(phone, line);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'failed';
      failures.push({ line: line.number, message: `${message}${lastWords(phone)}` });
      break;
    }
  }
  if (!phone.isOver) phone.hangUp();
  const allowed = script.lines.some(({ action }) => action.do === 'allow-error');
  if (phone.heardApplicationError && !allowed) {
    failures.push({ line: 0, message: "Twilio's application error message was heard" });
  }
  return { ok: failures.length === 0, failures, conversation: phone.transcript };
}

async function play(phone: Phone, { action, withinMs }: ScriptLine): Promise<void> {
  const wait = { timeoutMs: withinMs };
  switch (action.do) {
    case 'hear':
      await phone.hearsMatching(action.pattern, wait);
      return;
    case 'wait':
      return sleepReal(action.ms);
    case 'until':
      return converse(phone, action, withinMs);
    case 'expect-ended':
      return expectEnded(phone, action.status, withinMs);
    case 'answer':
    case 'voicemail':
    case 'decline':
    case 'ignore':
      return phone[action.do]();
    case 'fail':
      return phone.fail(action.sipResponseCode);
    case 'allow-error':
      return;
    default:
      return reply(phone, action, withinMs);
  }
}

async function reply(phone: Phone, action: Reply, withinMs: number): Promise<void> {
  const wait = { timeoutMs: withinMs };
  if (action.do === 'hangup') return phone.hangUp();
  if (action.do === 'silent') return phone.staySilent(wait);
  const bargeIn = action.do === 'say' && action.bargeIn;
  await phone.waitUntilListening({ ...wait, bargeIn });
  const spoken = action.do === 'say' ? phone.say(action.text) : phone.press(action.keys);
  if (!spoken.heard) throw new Error(`nobody listened: ${spoken.whyNot ?? ''}`);
}

/** Answers whatever is asked, each time it is this side's turn, until the pattern is heard. */
async function converse(
  phone: Phone,
  action: Action & { do: 'until' },
  withinMs: number,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  let question = '';
  for (;;) {
    const turn = await phone.turn({ timeoutMs: Math.max(1, deadlineMs - Date.now()) });
    for (const { source, text } of turn.heard) {
      question += ` ${text}`;
      // What comes over a stream comes in clauses, and the pattern may span them.
      if (action.pattern.test(source === 'stream' ? question : text)) return;
    }
    if (turn.over) throw new Error(`the call ended before ${action.pattern} was heard`);
    if (!turn.mayAnswer) continue;
    const answer = action.answers.find(({ pattern }) => pattern.test(question));
    if (!answer) throw new Error(`no answer fits what was asked:${question}`);
    await reply(phone, answer.reply, Math.max(1, deadlineMs - Date.now()));
    question = '';
  }
}

async function expectEnded(phone: Phone, status: string | undefined, withinMs: number) {
  const patience = new AbortController();
  const late = sleepReal(withinMs, patience.signal).then(() => undefined);
  const ended = await Promise.race([phone.ended, late]);
  patience.abort();
  if (!ended) throw new Error(`the call has not ended in ${withinMs} ms`);
  if (status !== undefined && ended.status !== status) {
    throw new Error(`the call ended ${ended.status}, not ${status}`);
  }
}

function lastWords(phone: Phone): string {
  const words = phone.transcript.filter(({ who }) => who === 'assistant').slice(-3);
  if (words.length === 0) return '; nothing was heard';
  return `; last heard: ${words.map(({ text }) => JSON.stringify(text)).join(', ')}`;
}

/** The conversation as text, a line per utterance; a line that was cut off ends in —. */
export function renderConversation(conversation: readonly TranscriptItem[]): string {
  return inUtterances(conversation).map(renderItem).join('\n');
}

/** In the order in which they began; what comes over a stream comes in clauses, which are joined. */
function inUtterances(conversation: readonly TranscriptItem[]): TranscriptItem[] {
  const utterances: TranscriptItem[] = [];
  for (const item of conversation.toSorted((one, other) => one.atMs - other.atMs)) {
    const last = utterances.at(-1);
    const goesOn = item.kind === 'stream' && last?.kind === 'stream' && !last.isCutOff;
    if (goesOn) utterances[utterances.length - 1] = { ...item, text: `${last.text} ${item.text}` };
    else utterances.push(item);
  }
  return utterances;
}

function renderItem({ who, kind, text, heard, isCutOff }: TranscriptItem): string {
  const speaker = who === 'assistant' ? 'assistant' : 'caller   ';
  const shown =
    kind === 'dtmf'
      ? `[keys ${text}]`
      : kind === 'silence'
        ? '[says nothing]'
        : kind === 'play'
          ? `[sound ${text}]`
          : kind === 'keys'
            ? `[tones ${text}]`
            : text;
  return `${speaker}  ${shown}${isCutOff ? ' —' : ''}${heard ? '' : ' [nobody listened]'}`;
}
