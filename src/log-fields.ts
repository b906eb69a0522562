/** The fields that a log line may carry, and the form in which each passes. */

type Form<T> = (value: unknown) => value is T;

const number: Form<number> = (value): value is number => typeof value === 'number';
const flag: Form<boolean> = (value): value is boolean => typeof value === 'boolean';
const matching =
  (pattern: RegExp): Form<string> =>
  (value): value is string =>
    typeof value === 'string' && pattern.test(value);

/** An id of ours or of Twilio: letters come first, so it is never a phone number. */
const id = matching(/^[A-Za-z]{2}[A-Za-z0-9_-]{1,98}$/);
/** A word or code of ours; no run of digits that could be a phone number or a card. */
const word = matching(/^(?!.*\d(?:[ .-]?\d){6})[A-Za-z0-9_.:/-]{1,80}$/);
const turn = matching(/^\d{1,6}(-\d{1,4})?$/);
const place = matching(/^(?!.*\d{7})[\x20-\x7e]{1,300}$/);
const code = (value: unknown): value is string | number => number(value) || word(value);

export const FIELD_FORMS = {
  callId: id,
  callSid: id,
  assistantId: id,
  /** Our id of a phone number. */
  numberId: id,
  /** Our id of a webhook endpoint. */
  endpointId: id,
  requestId: id,
  /** Twilio's own id of a webhook; a repeated one has the same. */
  twilioRequest: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  /** W3C trace id, to find the trace of a line. */
  traceId: matching(/^[0-9a-f]{32}$/),
  runId: matching(/^[0-9a-f-]{36}$/),
  turn,
  wait: number,
  status: code,
  outcome: word,
  reason: word,
  code,
  route: word,
  method: word,
  name: word,
  role: word,
  component: word,
  queue: word,
  namespace: word,
  model: word,
  type: word,
  level: word,
  state: word,
  signal: word,
  version: word,
  host: matching(/^(?!.*\d{7})[A-Za-z0-9._:-]{1,120}$/),
  /** A folder or program of this machine, never anything of a call. */
  path: place,
  ms: number,
  httpStatus: number,
  attempt: number,
  sequence: number,
  count: number,
  limit: number,
  bytes: number,
  port: number,
  pid: number,
  exitCode: number,
  tokens: number,
  retryable: flag,
  ready: flag,
} as const;

type FormOf<F> = F extends (value: unknown) => value is infer T ? T : never;

export type LogFields = {
  [Name in keyof typeof FIELD_FORMS]?: FormOf<(typeof FIELD_FORMS)[Name]> | undefined;
} & {
  /** Its message is kept only when its class says that it is safe; see {@link describeError}. */
  error?: unknown;
};

/** The fields whose values have their form; types alone do not hold back what comes from outside. */
export function fittingFields(
  fields: Omit<LogFields, 'error'>,
): Record<string, string | number | boolean> {
  const fitting: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || !Object.hasOwn(FIELD_FORMS, name)) continue;
    if (FIELD_FORMS[name as keyof typeof FIELD_FORMS](value)) fitting[name] = value;
  }
  return fitting;
}
