/** What of an error may be logged. */

export interface ErrorDescription {
  name: string;
  /** Only of errors that declare `messageIsSafe`. */
  message?: string;
  code?: string | number;
  /** Frames alone: the first lines of a stack repeat the message. */
  stack?: string[];
  cause?: ErrorDescription;
  errors?: ErrorDescription[];
}

const MAX_DEPTH = 3;
const MAX_FRAMES = 12;
const MAX_LISTED = 3;
const NAME = /^[A-Za-z_$][\w$.]{0,79}$/;
/** A word, a short number, or five characters of SQL (`57P01`). */
const CODE = /^(?:[A-Za-z][A-Za-z0-9_.-]{0,39}|[A-Z0-9]{1,6})$/;
/** More of them may be a phone number or a card, even within a word. */
const MAX_CODE_DIGITS = 6;
const FRAME = /^ {4}at (?:[\w$.<>#[\] ]+ \()?(?:file:|node:|\/|[A-Za-z]:\\)[^\s()]*:\d+:\d+\)?$/;

/**
 * Name, code and stack frames of an error and of its causes. Messages of other people's errors may
 * carry payloads (a model's answer, a row of the database), so they are left out; an error class of
 * ours whose messages are fixed says so with `readonly messageIsSafe = true`.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (typeof error !== 'object' || error === null) return { name: typeof error };
  const given = error as Record<string, unknown>;
  const description: ErrorDescription = { name: fitting(given['name'], NAME) ?? 'Error' };
  const code = given['code'] ?? given['type'];
  if (isCode(code)) description.code = code;
  if (given['messageIsSafe'] === true && typeof given['message'] === 'string') {
    description.message = given['message'];
  }
  const frames = framesOf(given['stack'], given['message']);
  if (frames.length > 0) description.stack = frames;
  if (depth < MAX_DEPTH) {
    if (given['cause'] !== undefined) description.cause = describeError(given['cause'], depth + 1);
    if (Array.isArray(given['errors'])) {
      const listed = given['errors'].slice(0, MAX_LISTED);
      description.errors = listed.map((each) => describeError(each, depth + 1));
    }
  }
  return description;
}

function isCode(value: unknown): value is string | number {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e6;
  const digits = fitting(value, CODE)?.replaceAll(/\D/g, '');
  return digits !== undefined && digits.length <= MAX_CODE_DIGITS;
}

function fitting(value: unknown, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}

function framesOf(stack: unknown, message: unknown): string[] {
  if (typeof stack !== 'string') return [];
  // A message may itself contain lines that look like frames.
  const start = typeof message === 'string' ? stack.indexOf(message) : -1;
  const rest = start === -1 ? stack : stack.slice(start + (message as string).length);
  return rest
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim());
}
