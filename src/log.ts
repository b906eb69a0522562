/**
 * Logging. A log line never carries speech, digits that were keyed, phone numbers or keys: a
 * message must be a literal in the code, and only the fields named here pass, each in its own form.
 */
import { pino } from 'pino';
import type { DestinationStream, Level } from 'pino';
import { contextFields } from './log-context.ts';
import { describeError } from './log-errors.ts';
import { FIELD_FORMS } from './log-fields.ts';
import type { LogFields } from './log-fields.ts';
import { prettyStream } from './log-pretty.ts';

export { describeError } from './log-errors.ts';
export type { LogFields } from './log-fields.ts';

/** `never` unless the message is a literal: a text put together at run time may carry anything. */
export type Fixed<M extends string> = Record<never, never> extends Record<M, 1> ? never : M;

type Write = <const M extends string>(message: Fixed<M>, fields?: LogFields) => void;

export interface Log {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly fatal: Write;
  /** A logger whose every line carries these fields too. */
  child(fields: LogFields): Log;
  /** For words of others that are not fixed (Temporal's own lines): digits are masked. */
  foreign(level: Level, message: string, fields?: LogFields): void;
}

export interface LogOptions {
  level: string;
  /** Which process this is, such as `api` or `worker`. */
  role: string;
  /** Its own name, such as `voca-api-1`, where several have one role. */
  process?: string;
  /** Where lines go; standard output when left out, readable when that is a terminal. */
  destination?: DestinationStream;
}

const MAX_MESSAGE_CHARS = 300;

/** The second net, for lines written past the typed helpers. */
const REDACTED = [
  ...['authToken', 'apiKey', 'secret', 'password', 'authorization', 'url', 'databaseUrl'],
  ...['from', 'to', 'text', 'speech', 'digits', 'heard', 'reply', 'say', 'body', 'number'],
].flatMap((name) => [name, `*.${name}`]);

export function createLogger(options: LogOptions): Log {
  const destination =
    options.destination ??
    (process.stdout.isTTY ? prettyStream(process.stdout) : pino.destination(1));
  const logger = pino(
    {
      level: options.level,
      base: {
        role: options.role,
        ...(options.process !== undefined && { process: options.process }),
        pid: process.pid,
      },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
    },
    destination,
  );
  return wrap(logger, {});
}

type Sink = Record<Level, (fields: object, message: string) => void>;

function wrap(sink: Sink, bound: Record<string, unknown>): Log {
  const write = (level: Level, message: string, fields: LogFields = {}): void => {
    const context = contextFields();
    sink[level](
      { ...bound, ...(context && allowed(context)), ...allowed(fields) },
      maskDigits(message).slice(0, MAX_MESSAGE_CHARS),
    );
  };
  const at =
    (level: Level): Write =>
    (message, fields) =>
      write(level, message, fields);
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => wrap(sink, { ...bound, ...allowed(fields) }),
    foreign: write,
  };
}

/** Longer runs of digits than a port or a count has; a phone number may be written with gaps. */
function maskDigits(text: string): string {
  return text.replace(/\+?\d(?:[ .()-]?\d){6,}/g, '[digits]');
}

/** Only known fields, each only in its form: types alone do not hold back what comes from outside. */
function allowed(fields: LogFields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (name === 'error') result['error'] = describeError(value);
    else if (Object.hasOwn(FIELD_FORMS, name)) {
      const fits = FIELD_FORMS[name as keyof typeof FIELD_FORMS](value);
      result[name] = fits ? value : '[unfit]';
    }
  }
  return result;
}
