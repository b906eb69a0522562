/**
 * Scripts for the software phone: readable text, one thing to do per line.
 *
 *     # A comment.
 *     within 10s                        the patience of every later line (20 s at first)
 *     hear /table|appointment/          waits until something matching is heard; flag i is implied
 *     hear "good evening" within 5s     the same for plain words
 *     say A table for two, please.      waits for its turn, then speaks
 *     interrupt No, for three.          speaks as soon as the application listens: barge-in
 *     press 1 2 #
 *     silent                            lets one question pass in silence
 *     wait 2s
 *     answer | voicemail | decline | ignore | fail 404      for a call to this phone
 *     hangup
 *     until /goodbye/ within 60s        answers questions in any order, until this is heard
 *       /how many/ -> say Four of us.
 *       /reference number/ -> press 1 2 #
 *     end
 *     allow application error           without it, Twilio's error message fails the script
 *     expect ended completed            waits for the end; the status may be left out
 *
 * On a media stream `say` waits until something was heard and then nothing for 0.8 s, `interrupt` speaks
 * at once, and patterns may span what was heard clause by clause.
 */
export interface Script {
  lines: readonly ScriptLine[];
}

export interface ScriptLine {
  /** Line number, from 1. */
  number: number;
  action: Action;
  withinMs: number;
}

export type Action =
  | { do: 'hear'; pattern: RegExp }
  | Reply
  | { do: 'wait'; ms: number }
  | { do: 'answer' | 'voicemail' | 'decline' | 'ignore' }
  | { do: 'fail'; sipResponseCode: string }
  | { do: 'until'; pattern: RegExp; answers: readonly { pattern: RegExp; reply: Reply }[] }
  | { do: 'allow-error' }
  | { do: 'expect-ended'; status?: string };

/** What a caller can do when asked something. */
export type Reply =
  | { do: 'say'; text: string; bargeIn: boolean }
  | { do: 'press'; keys: string }
  | { do: 'silent' }
  | { do: 'hangup' };

/** A script that cannot be read; its message names every faulty line. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  readonly retryable = false;
}

const DEFAULT_WITHIN_MS = 20_000;

/** Reads a script; throws {@link ScriptError}. */
export function parseScript(text: string): Script {
  const lines: ScriptLine[] = [];
  const faults: string[] = [];
  const source = text.split(/\r?\n/).map((line) => line.trim());
  let patienceMs = DEFAULT_WITHIN_MS;
  for (let index = 0; index < source.length; index += 1) {
    const line = source[index] ?? '';
    const number = index + 1;
    if (line === '' || line.startsWith('#')) continue;
    try {
      const patience = /^within (\S+)$/.exec(line)?.[1];
      if (patience !== undefined) {
        patienceMs = durationMs(patience);
        continue;
      }
      const { body, withinMs = patienceMs } = splitWithin(line);
      if (/^until\b/.test(body)) {
        const end = source.indexOf('end', index);
        if (end === -1) throw new Error('until has no end');
        const block = source.slice(index + 1, end);
        index = end;
        lines.push({ number, withinMs, action: untilAction(body, block) });
      } else lines.push({ number, withinMs, action: parseAction(body) });
    } catch (error) {
      faults.push(`line ${number}: ${error instanceof Error ? error.message : 'unreadable'}`);
    }
  }
  if (faults.length > 0) throw new ScriptError(faults.join('\n'));
  return { lines };
}

/** Only lines that wait take a limit; in what is said, "within 5s" is just words. */
function splitWithin(line: string): { body: string; withinMs?: number } {
  const match = /^((?:hear|until|expect)\b.*?)\s+within\s+(\S+)$/.exec(line);
  if (!match) return { body: line };
  return { body: match[1] ?? '', withinMs: durationMs(match[2] ?? '') };
}

const SIMPLE: Readonly<Record<string, Action>> = {
  silent: { do: 'silent' },
  hangup: { do: 'hangup' },
  answer: { do: 'answer' },
  voicemail: { do: 'voicemail' },
  decline: { do: 'decline' },
  ignore: { do: 'ignore' },
  'allow application error': { do: 'allow-error' },
};

function parseAction(line: string): Action {
  const simple = Object.hasOwn(SIMPLE, line) ? SIMPLE[line] : undefined;
  if (simple) return simple;
  const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
  if (word === 'hear') return { do: 'hear', pattern: patternOf(rest) };
  if (word === 'wait') return { do: 'wait', ms: durationMs(rest) };
  if (word === 'expect') return expectation(rest);
  if (word === 'fail' && /^\d{3}$/.test(rest)) return { do: 'fail', sipResponseCode: rest };
  const reply = replyOf(word, rest);
  if (reply) return reply;
  throw new Error('not understood');
}

function replyOf(word: string, rest: string): Reply | undefined {
  if ((word === 'say' || word === 'interrupt') && rest !== '') {
    return { do: 'say', text: rest, bargeIn: word === 'interrupt' };
  }
  const keys = rest.replace(/\s+/g, '');
  if (word === 'press' && /^[0-9*#]+$/.test(keys)) return { do: 'press', keys };
  if (word === 'silent' && rest === '') return { do: 'silent' };
  if (word === 'hangup' && rest === '') return { do: 'hangup' };
  return undefined;
}

function expectation(rest: string): Action {
  const [, status] = /^ended(?: ([a-z-]+))?$/.exec(rest) ?? [];
  if (!/^ended\b/.test(rest)) throw new Error('only "expect ended" is understood');
  return status === undefined ? { do: 'expect-ended' } : { do: 'expect-ended', status };
}

function untilAction(line: string, block: readonly string[]): Action {
  const pattern = patternOf(line.replace(/^until\s*/, ''));
  const answers = block
    .filter((entry) => entry !== '' && !entry.startsWith('#'))
    .map((entry) => {
      const [, question = '', answer = ''] = /^(.+?)\s*->\s*(.+)$/.exec(entry) ?? [];
      const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(answer) ?? [];
      const reply = replyOf(word, rest);
      if (!reply) throw new Error('an answer is written: /question/ -> say words');
      return { pattern: patternOf(question), reply };
    });
  return { do: 'until', pattern, answers };
}

function patternOf(text: string): RegExp {
  const expression = /^\/(.+)\/([a-z]*)$/.exec(text);
  if (expression) {
    const flags = new Set(`i${(expression[2] ?? '').replace(/[gy]/g, '')}`);
    return new RegExp(expression[1] ?? '', [...flags].join(''));
  }
  const words = /^"(.+)"$/.exec(text)?.[1];
  if (words === undefined) throw new Error('expected /pattern/ or "words"');
  return new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), 'i');
}

function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  if (amount === undefined) throw new Error('a duration is written 500ms, 5s or 1m');
  const factor = unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000;
  return Number(amount) * factor;
}
