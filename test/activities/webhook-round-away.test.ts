/** The database is away while requests are under way. */
import { expect, test } from '@jest/globals';
import type { QueuedDelivery, WebhookDeps } from '../../activities/webhook-ports.ts';
import { runRound } from '../../activities/webhook-round.ts';
import { DatabaseError } from '../../src/db/errors.ts';
import { deferred } from '../../src/supervisor/deferred.ts';
import { PLAN } from '../../workflows/webhook-plan.ts';

const order = { workspaceId: 'ws_1', endpointId: 'we_1', known: [] };

/** Two deliveries wait; the receiver answers when it is told to. */
class World {
  isAway = false;
  readonly sent: string[] = [];
  readonly settled: string[] = [];
  readonly answer = deferred<undefined>();
  #look = (): void => undefined;

  /** Makes the round read anew. */
  look(): void {
    this.#look();
  }

  run(signal = new AbortController().signal) {
    const deps: WebhookDeps = {
      plan: { ...PLAN, lingerMs: 0 },
      stopping: new AbortController().signal,
      onNews: (_workspaceId, look) => {
        this.#look = look;
        return () => undefined;
      },
      sender: {
        send: async (_endpoint, { id }) => {
          this.sent.push(id);
          await this.answer.promise;
          return { attempt: { at: '', ms: 1, status: 200 } };
        },
      },
      queue: {
        hold: () => this.#ask(undefined),
        endpoint: () =>
          this.#ask({
            ...{ workspaceId: 'ws_1', endpointId: 'we_1', url: 'https://receiver.test/' },
            ...{ apiVersion: '2026-12-01', maxPerSecond: 1000, secrets: [], failures: 0 },
          }),
        pending: () =>
          this.#ask([1].filter((nth) => !this.settled.includes(`dlv_${nth}`)).map(delivery)),
        orphans: () => this.#ask([]),
        settle: async (_ref, { deliveryId }) => {
          await this.#ask(undefined);
          this.settled.push(deliveryId);
          return { handedOver: false, failures: 0 };
        },
        wakeRetries: () => this.#ask(undefined),
        release: () => this.#ask(false),
        endAll: () => this.#ask(undefined),
        disable: () => this.#ask(false),
        takeUp: () => this.#ask(undefined),
      },
    };
    return runRound(deps, order, signal);
  }

  #ask<T>(answer: T): Promise<T> {
    return this.isAway
      ? Promise.reject(new DatabaseError('Asking failed', 'ECONNREFUSED', true))
      : Promise.resolve(answer);
  }
}

function delivery(nth: number): QueuedDelivery {
  const event = { id: `evt_${nth}`, type: 'call.ended', occurredAt: '2026-12-01T00:00:00Z' };
  return { deliveryId: `dlv_${nth}`, attempts: 0, event: { ...event, data: {} } };
}

/** Its answer, or the error that it has ended with. */
const endOf = (round: Promise<unknown>) => round.catch((error: unknown) => error);
const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('what was sent is written when it is back, and only then the round fails', async () => {
  const world = new World();
  const round = world.run();
  await soon(20);
  expect(world.sent).toEqual(['evt_1']);
  world.isAway = true;
  world.look(); // the next thing the round does is to read, and that fails
  let isOver = false;
  const ended = endOf(round).finally(() => (isOver = true));
  world.answer.resolve(undefined);
  await soon(3_000); // longer than a few tries
  expect([isOver, world.settled]).toEqual([false, []]);
  world.isAway = false;
  expect(await ended).toMatchObject({ code: 'ECONNREFUSED' });
  expect(world.settled).toEqual(['dlv_1']);
  expect(await world.run()).toMatchObject({ next: 'idle', sent: 0 });
  expect(world.sent).toEqual(['evt_1']);
});

test('a round that is told to end does not wait for it', async () => {
  const world = new World();
  const ending = new AbortController();
  const round = world.run(ending.signal);
  await soon(20);
  world.isAway = true;
  world.answer.resolve(undefined);
  const ended = endOf(round);
  await soon(50);
  ending.abort(new Error('cancelled'));
  expect(await ended).toBeInstanceOf(Error);
  expect(world.settled).toEqual([]);
});
