import type { DestinationStream } from 'pino';

const COLOURS: Record<string, string> = {
  fatal: '\u001b[41m',
  error: '\u001b[31m',
  warn: '\u001b[33m',
  info: '\u001b[32m',
  debug: '\u001b[36m',
  trace: '\u001b[90m',
};
const DIM = '\u001b[2m';
const RESET = '\u001b[0m';

/** Turns JSON lines into short coloured ones for a terminal. */
export function prettyStream(output: { write(text: string): unknown }): DestinationStream {
  return { write: (line) => void output.write(prettyLine(line)) };
}

function prettyLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, pid: _pid, role, process: name, msg, error, ...fields } = entry;
  const clock = String(time).slice(11, 23);
  const word = String(level);
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
  const head = `${DIM}${clock}${RESET} ${COLOURS[word] ?? ''}${word.padEnd(5)}${RESET}`;
  const tail = rest.length > 0 ? ` ${DIM}${rest.join(' ')}${RESET}` : '';
  return `${head} ${textOf(name ?? role)}: ${textOf(msg)}${tail}\n${errorLines(error)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function errorLines(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { name, code, message, stack, cause } = error as Record<string, unknown>;
  const head = [name, code, message].filter((part) => part !== undefined).map(textOf);
  const frames = Array.isArray(stack) ? stack.map((frame) => `      ${textOf(frame)}\n`) : [];
  return `    ${head.join(' ')}\n${frames.join('')}${errorLines(cause)}`;
}
