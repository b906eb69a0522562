import type { IncomingMessage } from 'node:http';
import { decodeFields } from './form.ts';
import type { Field } from './form.ts';
import { RestError } from './rest-errors.ts';

/** A REST request, taken apart. */
export interface RestRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: readonly Field[];
  form: readonly Field[];
  authorization: string;
}

/** An answer: a resource, or nothing (204). */
export interface RestAnswer {
  status: number;
  body?: unknown;
}

const MAX_FORM_BYTES = 256 * 1024;

/** Reads the whole request. */
export async function readRequest(request: IncomingMessage): Promise<RestRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FORM_BYTES) throw new RestError(413, 20413, 'Request body too large');
    chunks.push(chunk);
  }
  const [path = '', query = ''] = (request.url ?? '').split('?');
  return {
    method: request.method ?? 'GET',
    path,
    query: decodeFields(query),
    form: decodeFields(Buffer.concat(chunks).toString('utf8')),
    authorization: request.headers.authorization ?? '',
  };
}
