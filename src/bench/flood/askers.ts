/** Strangers who ask: with bodies that are too large or too deep, keys that nobody has, no signature. */
import { request } from 'node:http';
import type { ClientRequest, RequestOptions } from 'node:http';
import { newApiKey } from '../../api-key.ts';
import type { Asking } from './order.ts';
import type { Tally } from './tally.ts';

const TIMEOUT_MS = 20_000;
/** Below what a body may have, so that it is parsed. */
const DEPTH = 100_000;
const DEEP = `{"metadata":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`;
const CHUNK = Buffer.alloc(64 * 1024, 'a');
/** A huge body ends by itself here, if nobody has ended it before. */
const HUGE_CHUNKS = 800;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_BODY = { 'content-type': 'application/json' };

export interface Asked extends RequestOptions {
  path: string;
  body?: string;
  /** A body that does not end by itself. */
  isEndless?: boolean;
}

/** The requests of a kind, one after the other; `time` counts them. @param key one that somebody has */
export function askOf(kind: Asking, time: number, key: string): Asked {
  const bad = { authorization: `Bearer ${newApiKey('live')}` };
  const good = { authorization: `Bearer ${key}` };
  const toWebhook = { method: 'POST', path: '/webhook/voice' };
  const toApi = { method: 'POST', path: '/v1/assistants' };
  const isOdd = time % 2 === 1;
  switch (kind) {
    case 'huge bodies': {
      if (isOdd) return { ...toWebhook, headers: FORM, isEndless: true };
      const headers = { ...JSON_BODY, ...(time % 4 === 0 ? good : bad) };
      return { ...toApi, headers, isEndless: true };
    }
    case 'deep JSON': {
      const headers = { ...JSON_BODY, 'idempotency-key': `deep-${time}` };
      return { ...toApi, headers: { ...headers, ...(isOdd ? good : bad) }, body: DEEP };
    }
    case 'bad keys':
      return { method: 'GET', path: '/v1/calls', headers: bad };
    case 'unsigned webhooks': {
      const headers = { ...FORM, 'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
      const body = `CallSid=CA${'0'.repeat(32)}&CallStatus=ringing&From=%2B15005550001`;
      return { ...toWebhook, headers, body };
    }
  }
}

/** Asks so often, whether or not answers come. @param from addresses of ours */
export function keepAsking(
  kind: Asking,
  {
    port,
    key,
    perSecond,
    from,
  }: { port: number; key: string; perSecond: number; from: readonly string[] },
  tally: Tally,
): { stop(): void } {
  if (perSecond === 0) return { stop: () => undefined };
  const underWay = new Set<ClientRequest>();
  let time = 0;
  const timer = setInterval(() => {
    const { body, isEndless, ...asked } = askOf(kind, time, key);
    const localAddress = from[time % from.length];
    time += 1;
    tally.sent(kind);
    const outgoing = request({
      ...asked,
      ...{ host: '127.0.0.1', port, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) },
      ...(localAddress && { localAddress }),
    });
    underWay.add(outgoing);
    // How long the server takes bytes of a request that it will not carry out.
    outgoing.once('socket', () => tally.holds(kind, outgoing, performance.now()));
    let isAnswered = false;
    outgoing.once('response', (answer) => {
      isAnswered = true;
      tally.answered(kind, answer.statusCode ?? 0);
      answer.on('error', () => undefined).resume();
    });
    outgoing.on('error', () => undefined); // it is reset; 'close' follows
    outgoing.once('close', () => {
      underWay.delete(outgoing);
      tally.lost(outgoing, performance.now());
      if (!isAnswered) tally.refused(kind);
    });
    if (isEndless === true) pour(outgoing);
    else outgoing.end(body);
  }, 1_000 / perSecond);
  return {
    stop: () => {
      clearInterval(timer);
      for (const outgoing of underWay) outgoing.destroy();
    },
  };
}

/** As fast as the other side takes it. */
function pour(outgoing: ClientRequest): void {
  let left = HUGE_CHUNKS;
  const more = () => {
    while (left > 0 && !outgoing.destroyed) {
      left -= 1;
      if (!outgoing.write(CHUNK)) {
        outgoing.once('drain', more);
        return;
      }
    }
    outgoing.end();
  };
  more();
}
