/** What a client of the management API can run into, and what a script can tell apart of it. */
import { z } from 'zod';

/** No key, or none that may do this. Trying again does not help. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
}

/** The API said no. @see https://www.rfc-editor.org/rfc/rfc9457 */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  /** The machine's word for it, such as `not-found`; empty when the answer was not the API's own. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const problemForm = z.looseObject({
  title: z.string(),
  detail: z.string().optional(),
  code: z.string(),
  request_id: z.string().optional(),
  errors: z.array(z.looseObject({ pointer: z.string(), message: z.string() })).optional(),
});

/** @param body what was answered, parsed; undefined when it was no JSON */
export function problemOf(status: number, body: unknown): ApiProblem {
  const { success, data } = problemForm.safeParse(body);
  if (!success) {
    return new ApiProblem(status, '', `The API answered ${status}, without saying why.`);
  }
  const { title, detail, code, request_id: requestId, errors = [] } = data;
  const faults = errors.map(({ pointer, message }) => `  ${pointer || 'the body'}: ${message}`);
  const about = faults.length > 0 || detail === undefined ? [] : [detail];
  const head = [`${title}.`, ...about].join(' ');
  const mark = [code, ...(requestId === undefined ? [] : [`request ${requestId}`])].join(', ');
  return new ApiProblem(status, code, [head, ...faults, `(${mark})`].join('\n'));
}

const REFUSED_INPUT = [400, 405, 413, 415, 422];
const NOT_NOW = [429, 502, 503, 504];

/** Which kind of failure a problem is. */
export function kindOf({ status, code }: ApiProblem): 'failed' | 'usage' | 'notReady' | 'denied' {
  if (status === 401 || status === 403 || code === 'test-key-needs-simulator') return 'denied';
  if (NOT_NOW.includes(status) || code === 'request-under-way') return 'notReady';
  return REFUSED_INPUT.includes(status) ? 'usage' : 'failed';
}
