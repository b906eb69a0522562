/** News of streams on their way to Temporal, which may not want them. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { StreamGateway } from '../src/stream-gateway.ts';
import type { StreamNews } from '../workflows/stream-contract.ts';

const newsOf = (text: string, turn: number): StreamNews => ({
  what: 'heard',
  stream: 1,
  at: '2026-03-02T10:00:00.000Z',
  key: `${turn}`,
  heard: { kind: 'speech', text },
});

/** A gRPC failure as the client passes it on. */
function failure(code: number): ServiceError {
  const cause = Object.assign(new Error('refused'), { code, details: 'refused', metadata: {} });
  return new ServiceError('Failed to signal workflow', { cause });
}

function gatewayTo(signal: (news: StreamNews) => Promise<void>): StreamGateway {
  const handle = { signal: (_signal: unknown, news: StreamNews) => signal(news) };
  const client = {
    workflow: { getHandle: () => handle },
    withAbortSignal: (_signal: AbortSignal, ask: () => Promise<void>) => ask(),
  };
  return new StreamGateway(client as unknown as Client);
}

describe('news of a stream', () => {
  test('that Temporal will never take do not keep those behind them waiting', async () => {
    const taken: string[] = [];
    let asked = 0;
    const gateway = gatewayTo(async (news) => {
      asked += 1;
      if (news.what === 'heard' && news.key === '1') throw failure(3); // too large
      taken.push(news.key);
    });
    gateway.tell('call_1', newsOf('x', 1));
    gateway.tell('call_1', newsOf('y', 2));
    await gateway.settled('call_1');
    expect(taken).toEqual(['2']);
    expect(asked).toBe(2);
  });

  test('that it cannot take now are told again, in their order', async () => {
    const taken: string[] = [];
    let isAway = true;
    const gateway = gatewayTo(async (news) => {
      if (!isAway) return void taken.push(news.key);
      isAway = false;
      throw failure(14);
    });
    gateway.tell('call_1', newsOf('x', 1));
    gateway.tell('call_1', newsOf('y', 2));
    await gateway.settled('call_1');
    expect(taken).toEqual(['1', '2']);
  });
});
