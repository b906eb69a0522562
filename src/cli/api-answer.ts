/** What an answer of the API says. */
import type { z } from 'zod';
import { ApiProblem, problemOf } from './api-errors.ts';
import type { ApiRequest, RawAnswer } from './api-exchange.ts';

export interface ApiAnswer {
  status: number;
  /** Parsed; null when there is none. */
  body: unknown;
  etag?: string;
}

/**
 * The answer, or the problem that it is.
 * @param wasUnclear an earlier try may have been carried out though its answer never came
 */
export function settle(
  came: RawAnswer,
  method: ApiRequest['method'],
  wasUnclear: boolean,
): ApiAnswer | ApiProblem {
  const { status, headers, text } = came;
  const body = jsonIn(text);
  if (status >= 200 && status < 300 && body !== undefined) {
    const { etag } = headers;
    return { status, body, ...(typeof etag === 'string' && { etag }) };
  }
  if (status < 400) {
    const what = 'What answers there is not the API of VOCA. Look at VOCA_API_URL.';
    return new ApiProblem(status, '', `${what} (${status})`);
  }
  const problem = problemOf(status, body);
  if (!wasUnclear) return problem;
  if (method === 'DELETE' && status === 404) return { status: 204, body: null };
  if (method === 'PATCH' && status === 412) {
    const note = 'The answer to the first try was lost: the change may be the one of this command.';
    return new ApiProblem(status, problem.code, `${problem.message}\n${note}`);
  }
  return problem;
}

/** Whether the same request may be answered otherwise a little later. */
export function mayBeRepeated({ status, code }: ApiProblem): boolean {
  return [429, 502, 503, 504].includes(status) || code === 'request-under-way';
}

/** Null for no text, undefined for what is no JSON. */
function jsonIn(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** @throws an Error when an answer is not what this version knows. */
export function understand<T>(form: z.ZodType<T>, body: unknown): T {
  const { success, data } = form.safeParse(body);
  if (success) return data;
  throw new Error('The API answered what this version of `voca` does not understand.');
}
