/** Names are asked of a real name server, over UDP. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { createSafeFetch } from '../../src/safe-fetch/index.ts';
import { createResolver } from '../../src/safe-fetch/resolver.ts';
import { startCanary } from './canary.ts';
import { startNameServer } from './name-server.ts';
import type { NameAnswer } from './name-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function resolverOf(answer: (type: 'A' | 'AAAA', name: string) => NameAnswer) {
  const server = await startNameServer(answer);
  const resolver = createResolver([server.address]);
  closing.push(
    () => resolver.close(),
    () => server.close(),
  );
  return { resolve: resolver.resolve, asked: server.asked };
}

describe('the addresses of a name', () => {
  test('are those of both kinds, IPv4 first', async () => {
    const { resolve, asked } = await resolverOf((type) =>
      type === 'A' ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8::1'],
    );
    const found = await resolve('receiver.test');
    expect(found.toSorted()).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
    expect(found.at(-1)).toBe('2001:db8::1');
    expect(asked.toSorted()).toEqual(['A receiver.test', 'AAAA receiver.test']);
  });

  test('are those of one kind where there are none of the other', async () => {
    const { resolve } = await resolverOf((type) => (type === 'A' ? [] : ['2001:db8::1']));
    expect(await resolve('receiver.test')).toEqual(['2001:db8::1']);
  });

  test('are there although one of the two questions is never answered', async () => {
    const { resolve, asked } = await resolverOf((type) =>
      type === 'AAAA' ? 'silence' : ['192.0.2.1'],
    );
    expect(await resolve('receiver.test')).toEqual(['192.0.2.1']);
    // Who waits for it asks again after 2 s.
    expect(asked).toHaveLength(2);
  });

  test('are none of a name that does not exist', async () => {
    const { resolve } = await resolverOf(() => []);
    await expect(resolve('receiver.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('are not those of the files and search domains of this machine', async () => {
    const { resolve, asked } = await resolverOf(() => []);
    await expect(resolve('ip6-localhost')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(new Set(asked)).toEqual(new Set(['A ip6-localhost', 'AAAA ip6-localhost']));
  });
});

test('a name server that answers differently each time leads nobody to this machine', async () => {
  const canary = await startCanary();
  closing.push(() => canary.close());
  let lookups = 0;
  const { resolve } = await resolverOf((type) => {
    if (type === 'AAAA') return ['2a00:ffff::1'];
    lookups += 1;
    return [['127.0.0.1'], ['10.0.0.1', '127.0.0.1'], ['169.254.169.254']][lookups % 3] ?? [];
  });
  const client = createSafeFetch({ allowLocal: false, ports: [canary.port], resolve });
  closing.push(() => client.close());
  for (let round = 0; round < 6; round += 1) {
    const url = `https://rebinding.test:${canary.port}/`;
    await expect(client.fetch(url, { method: 'GET', headers: {} })).rejects.toMatchObject({
      code: 'refused-address',
    });
  }
  expect(lookups).toBe(6);
  expect(canary.touched()).toBe(0);
});
