/** An HTTP exchange that leaves its traces in the truth log. */
import { createHash } from 'node:crypto';
import { exchange } from './http-exchange.ts';
import type { Exchange, ExchangeResult } from './http-exchange.ts';
import type { Field } from './form.ts';
import type { Purpose } from './truth-events.ts';
import type { TruthLog } from './truth-log.ts';

/** Which attempt at which request this is. */
export interface AttemptPlace {
  requestId: string;
  purpose: Purpose;
  attempt: number;
  sending: number;
  callSid?: string;
}

/** Performs the exchange; logs the request before it and the outcome after it. */
export async function loggedExchange(
  log: TruthLog,
  place: AttemptPlace,
  fields: readonly Field[],
  wanted: Exchange,
): Promise<ExchangeResult> {
  const { method, url, headers, body } = wanted;
  log.append({ kind: 'request', ...place, method, url: url.href, fields, headers, body });
  const startedMs = performance.now();
  const result = await exchange(wanted);
  const durationMs = Math.round((performance.now() - startedMs) * 10) / 10;
  if (!result.ok) {
    const { code, message } = result;
    log.append({ kind: 'request-failed', ...place, code, message, durationMs });
    return result;
  }
  const contentType = String(result.headers['content-type'] ?? '');
  log.append({
    kind: 'response',
    ...place,
    status: result.status,
    contentType,
    body: contentType.startsWith('audio/') ? '' : result.body.toString('utf8'),
    bodySha256: createHash('sha256').update(result.body).digest('hex'),
    durationMs,
  });
  return result;
}
