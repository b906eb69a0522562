/**
 * Every problem that the API may answer with: the machine's word for it, its status, and what a person
 * reads. The page of problems and the documented answers of each route are made from it.
 */
export const PROBLEMS = {
  'bad-request': [400, 'The request cannot be read', 'Its body is no JSON, or its form is broken.'],
  'key-missing': [401, 'An API key is needed', 'Send it as `Authorization: Bearer voca_live_…`.'],
  'key-unknown': [401, 'The API key is not valid', 'It is mistyped, revoked or expired.'],
  'scope-missing': [403, 'The API key may not do this', 'It lacks the scope that `detail` names.'],
  'not-found': [
    404,
    'There is no such thing',
    'There is none in this workspace, or it was deleted.',
  ],
  'method-not-allowed': [405, 'This cannot be done here', 'See the `Allow` header for what can.'],
  conflict: [409, 'It is not in a state for this', 'See `detail`; look at it before trying again.'],
  'test-key-needs-simulator': [
    409,
    'Test keys work with a simulated carrier alone',
    'This instance reaches a real telephone network: use a live key.',
  ],
  'request-under-way': [
    409,
    'The same request is under way',
    'Another request with this `Idempotency-Key` has not been answered yet: send it again a little later.',
  ],
  'number-taken': [409, 'The number belongs to somebody', 'A workspace of this instance has it.'],
  'in-use': [409, 'It is in use', 'Something else still points to it: see `detail`.'],
  'too-many': [409, 'There are as many as there may be', 'Delete one that is not needed first.'],
  changed: [
    412,
    'It has changed meanwhile',
    'Read it again, then send the new `ETag` as `If-Match`.',
  ],
  'too-large': [413, 'The request is too large', 'Bodies have at most 256 kB.'],
  'media-type': [415, 'This form of content is not understood', 'Send `application/json`.'],
  invalid: [422, 'The request is not valid', 'See `errors` for each fault and where it is.'],
  'idempotency-key-reused': [
    422,
    'The Idempotency-Key came with another request',
    'A key stands for one request for 24 hours: choose a new one for a new request.',
  ],
  'event-unknown': [
    422,
    'The event is not known, or not any more',
    'Events are kept for a time: what came since must be read elsewhere, such as from the calls themselves. ' +
      'Without `Last-Event-ID` the stream begins anew.',
  ],
  'key-limit': [429, 'Too many requests', 'Wait as long as `Retry-After` says.'],
  'stream-limit': [
    429,
    'Too many streams are open',
    'The workspace has as many as one process holds open: close some, or wait as long as `Retry-After` says.',
  ],
  internal: [500, 'Something went wrong here', 'The log has it under `request_id`.'],
  'carrier-refused': [
    502,
    'The carrier refused',
    'See `detail` for its code: what this instance knows of its account may be wrong.',
  ],
  unavailable: [
    503,
    'It cannot be done at this moment',
    'The database, Temporal or the carrier is away: try again after `Retry-After`.',
  ],
} as const satisfies Record<string, readonly [status: number, title: string, advice: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault of a request. */
export interface Fault {
  /** Where: JSON Pointer into the body, `?name` for a parameter of the URL, the name of a header. */
  pointer: string;
  code: string;
  message: string;
}

/** Thrown to answer with a problem. @see https://www.rfc-editor.org/rfc/rfc9457 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly messageIsSafe = true;
  readonly code: ProblemCode;
  readonly status: number;
  readonly faults: readonly Fault[];
  /** Whole seconds after which to try again. */
  readonly retryAfter: number | undefined;

  /** @param detail a literal, or one without anything that was said, dialled or kept secret */
  constructor(
    code: ProblemCode,
    detail?: string,
    more: { faults?: readonly Fault[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail ?? PROBLEMS[code][2]);
    this.code = code;
    this.status = PROBLEMS[code][0];
    this.faults = more.faults ?? [];
    this.retryAfter = more.retryAfterSeconds;
  }
}

/** One field of the body does not fit. */
export function invalid(pointer: string, code: string, message: string): Problem {
  return new Problem('invalid', undefined, { faults: [{ pointer, code, message }] });
}

export function notFound(): Problem {
  return new Problem('not-found');
}
