/** What the terminal handset shows and reads: text in, text out, no call behind it. */
import type { EndedCall } from './call-state.ts';
import type { SoundSource } from './truth-events.ts';

export type Command =
  | { do: 'say'; text: string }
  | { do: 'keys'; keys: string }
  | { do: 'silent' | 'hangup' | 'help' | 'answer' | 'decline' | 'nothing' }
  | { do: 'unknown'; text: string };

export const PROMPT = 'you ▸ ';

const LABEL_WIDTH = 11;
const MIN_WIDTH = 40;
const MAX_WIDTH = 100;

const LABELS: Readonly<Record<SoundSource, string>> = {
  say: 'assistant',
  text: 'assistant',
  stream: 'assistant',
  play: 'sound',
  keys: 'tones',
  rejected: 'network',
  error: 'network',
};

/** Understands a typed line. What begins with a slash is a command, everything else is speech. */
export function readCommand(line: string): Command {
  const text = line.trim();
  if (text === '') return { do: 'nothing' };
  if (!text.startsWith('/')) return { do: 'say', text };
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/.exec(text) ?? [];
  const keys = rest.replace(/\s+/g, '');
  if (name === 'keys' && /^[0-9*#]+$/.test(keys)) return { do: 'keys', keys };
  if (isPlain(name) && rest === '') return { do: name };
  return { do: 'unknown', text };
}

const PLAIN = ['silent', 'hangup', 'help', 'answer', 'decline'] as const;

function isPlain(name: string): name is (typeof PLAIN)[number] {
  return PLAIN.some((plain) => plain === name);
}

/** Something heard: a speaker label, and the words wrapped beside it. */
export function heardText(source: SoundSource, text: string, columns: number): string {
  return heardRows(source, text, columns).join('\n');
}

/** The same, row by row: more words change the last row alone, and add rows. */
export function heardRows(source: SoundSource, text: string, columns: number): string[] {
  return labelledRows(LABELS[source], text, columns);
}

/** Echoes what was said, where the terminal does not already show it. */
export function saidText(command: Command, columns: number): string {
  if (command.do === 'say') return labelled('you', command.text, columns);
  if (command.do === 'keys') return labelled('you', `[keys ${command.keys}]`, columns);
  return labelled('you', `[${command.do}]`, columns);
}

export const RINGING = 'Your phone rings: /answer or /decline.';

export function callText(from: string, to: string): string {
  return `${from} is calling ${to}. Type what you say; /help lists what else you can do.`;
}

export function endText(ended: EndedCall): string {
  const time = ended.durationSeconds === 1 ? '1 second' : `${ended.durationSeconds} seconds`;
  const reasons: Partial<Record<EndedCall['reason'], string>> = {
    'caller-hung-up': 'you hung up',
    hangup: 'the other side hung up',
    'application-error': 'the application failed',
    rest: 'the other side ended it',
    rejected: 'the call was rejected',
  };
  const why = reasons[ended.reason] ?? ended.reason.replaceAll('-', ' ');
  return `The call is over: ${why} (${ended.status}, ${time}).`;
}

export const HELP = `  words          are said when you press Enter; while the assistant speaks they
                 interrupt it (an assistant that stopped in mid-sentence shows —)
  /keys 12#      presses keys of the telephone
  /silent        lets a question pass without an answer
  /answer        picks up a ringing call; /decline turns it away
  /hangup        ends the call (Ctrl-C does, too)
  /help          shows this`;

export const NOT_YET = '  (nobody is listening yet; it will be said as soon as somebody is)';
export const NOT_HEARD = '  (that was not heard)';
export const STREAM_GONE = '  (the stream of audio broke off)';

export function streamBack(afterMs: number): string {
  return `  (a new stream of audio, after ${(afterMs / 1000).toFixed(1)} s)`;
}

export function unknownText(text: string): string {
  return `  ${text} is not understood; try /help. Keys are 0-9, * and #.`;
}

function labelled(label: string, text: string, columns: number): string {
  return labelledRows(label, text, columns).join('\n');
}

function labelledRows(label: string, text: string, columns: number): string[] {
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns)) - LABEL_WIDTH;
  const indent = ' '.repeat(LABEL_WIDTH);
  return wrap(printable(text), width).map(
    (line, index) => (index === 0 ? label.padEnd(LABEL_WIDTH) : indent) + line,
  );
}

/** Words from elsewhere must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
