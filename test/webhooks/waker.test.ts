/** Who starts the dispatchers: one that is slow to start holds up no other. */
import { afterEach, expect, test } from '@jest/globals';
import { createLogger } from '../../src/log.ts';
import { startWaker } from '../../src/webhooks/waker.ts';
import type { Waker } from '../../src/webhooks/waker.ts';
import type { EndpointRef } from '../../workflows/webhook-contract.ts';
import { eventually } from '../integration/support/eventually.ts';

const refs = (count: number): EndpointRef[] =>
  Array.from({ length: count }, (_, nth) => ({ workspaceId: 'ws', endpointId: `we_${nth}` }));

class World {
  /** Nobody sees to them; those in front are given away first. */
  free: EndpointRef[] = [];
  readonly asked: number[] = [];
  readonly woken: string[] = [];
  rescues = 0;
  /** How the dispatcher of one is started. */
  start: (endpointId: string) => Promise<void> = () => Promise.resolve();
  readonly #wakers: Waker[] = [];

  run(): Waker {
    const waker = startWaker({
      claims: {
        claim: (limit: number) => {
          this.asked.push(limit);
          return Promise.resolve(this.free.splice(0, limit));
        },
        rescue: () => Promise.resolve((this.rescues += 1)),
        waiting: () => Promise.resolve({ count: 0, oldestMs: 0 }),
      },
      wake: async ({ endpointId }) => {
        this.woken.push(endpointId);
        await this.start(endpointId);
      },
      log: createLogger({ level: 'silent', role: 'test' }),
    });
    this.#wakers.push(waker);
    return waker;
  }

  async end(): Promise<void> {
    await Promise.all(this.#wakers.map((waker) => waker.stop()));
  }
}

let world: World;
let release: () => void = () => undefined;
const never = () => new Promise<void>((resolve) => (release = resolve));
afterEach(async () => {
  release();
  await world.end();
});

test('while one hangs, hundreds of others are started', async () => {
  world = new World();
  world.free = refs(300);
  world.start = (id) => (id === 'we_0' ? never() : Promise.resolve());
  world.run();
  await eventually(() => expect(world.woken).toHaveLength(300));
});

test('who comes later and stands in front is started before the many that came earlier', async () => {
  world = new World();
  world.free = refs(300);
  world.start = async () => {
    if (world.woken.length === 1) world.free.unshift({ workspaceId: 'ws', endpointId: 'we_good' });
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  world.run();
  await eventually(() => expect(world.woken).toHaveLength(301));
  expect(world.woken.indexOf('we_good')).toBeLessThan(40);
});

test('one that cannot be started ends nothing, and what is free later is looked for', async () => {
  world = new World();
  world.free = refs(2);
  world.start = (id) => (id === 'we_0' ? Promise.reject(new Error('away')) : Promise.resolve());
  const waker = world.run();
  await eventually(() => expect(world.woken).toEqual(['we_0', 'we_1']));
  world.free = [{ workspaceId: 'ws', endpointId: 'we_later' }];
  waker.look();
  await eventually(() => expect(world.woken).toContain('we_later'));
});

test('one look for one event: nothing is asked again when all that was free is started', async () => {
  world = new World();
  world.free = refs(1);
  world.run();
  await eventually(() => expect(world.woken).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(world.asked).toHaveLength(1);
  expect(world.rescues).toBe(1);
});
