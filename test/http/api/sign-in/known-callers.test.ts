import { describe, expect, test } from '@jest/globals';
import { faceOf, newApiKey } from '../../../../src/api-key.ts';
import type { KeyFace } from '../../../../src/api-key.ts';
import type { Caller, FindCaller } from '../../../../src/http/api/sign-in/caller.ts';
import { keyUse } from '../../../../src/http/api/sign-in/key-use.ts';
import { knownCallers } from '../../../../src/http/api/sign-in/known-callers.ts';
import { knownLimits } from '../../../../src/http/api/limits/known-limits.ts';
import { USUAL_LIMITS } from '../../../../src/request-limits.ts';
import { Clock } from '../clock.ts';

const CALLER: Caller = { keyId: 'key_1', workspaceId: 'ws_1', mode: 'live', scopes: [] };

function face(): KeyFace {
  const made = faceOf(newApiKey('live'));
  if (!made) throw new Error('no face');
  return made;
}

function counted(find: FindCaller) {
  const clock = new Clock();
  let asked = 0;
  const known = knownCallers(
    (each) => {
      asked += 1;
      return find(each);
    },
    { now: clock.now },
  );
  return { clock, known, asked: () => asked };
}

describe('known callers', () => {
  test('are looked up once in 3 s, also when many ask at once', async () => {
    const { clock, known, asked } = counted(async () => CALLER);
    const key = face();
    await Promise.all(Array.from({ length: 50 }, () => known(key)));
    clock.ms += 2_999;
    expect([await known(key), asked()]).toEqual([CALLER, 1]);
    clock.ms += 1;
    await known(key);
    expect(asked()).toBe(2);
  });

  test('that are none are remembered too', async () => {
    const { known, asked } = counted(async () => undefined);
    const key = face();
    expect([await known(key), await known(key), asked()]).toEqual([undefined, undefined, 1]);
    await known(face());
    expect(asked()).toBe(2);
  });

  test('are asked for again when they could not be looked up', async () => {
    let isAway = true;
    const { known } = counted(async () => {
      if (isAway) throw new Error('away');
      return CALLER;
    });
    const key = face();
    await expect(known(key)).rejects.toThrow('away');
    isAway = false;
    expect(await known(key)).toBe(CALLER);
  });

  test('are gone the moment their time is over', async () => {
    const expiresAtMs = Date.now() + 30;
    const { known, asked } = counted(async () => ({ ...CALLER, expiresAtMs }));
    const key = face();
    expect(await known(key)).toBeDefined();
    while (Date.now() < expiresAtMs) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([await known(key), asked()]).toEqual([undefined, 1]);
  });
});

describe('known limits', () => {
  test('are looked up now and then, and survive that they cannot be', async () => {
    const clock = new Clock();
    let asked = 0;
    let isAway = false;
    const find = knownLimits(async () => {
      asked += 1;
      if (isAway) throw new Error('away');
      return { key: { reads: 7 } };
    }, clock.now);
    const key = { ...USUAL_LIMITS.key, reads: 7 };
    expect((await find('ws_1')).key).toEqual(key);
    await find('ws_1');
    expect(asked).toBe(1);
    isAway = true;
    clock.ms += 15_000;
    expect((await find('ws_1')).key).toEqual(key);
    expect(await find('ws_2')).toEqual(USUAL_LIMITS);
    isAway = false;
    clock.ms += 2_000;
    expect((await find('ws_2')).key).toEqual(key);
  });
});

describe('the use of keys', () => {
  test('is noted down in batches, each once a minute, and again when that failed', async () => {
    const clock = new Clock();
    const noted: (readonly string[])[] = [];
    let fails = false;
    const keys = keyUse(
      async (ids) => {
        if (fails) throw new Error('away');
        noted.push(ids);
      },
      { now: clock.now },
    );
    for (const id of ['key_1', 'key_2', 'key_1']) keys.used(id);
    await keys.close();
    keys.used('key_1');
    await keys.close();
    expect(noted).toEqual([['key_1', 'key_2']]);
    clock.ms += 60_000;
    fails = true;
    keys.used('key_1');
    await keys.close();
    fails = false;
    keys.used('key_1');
    await keys.close();
    expect(noted).toEqual([['key_1', 'key_2'], ['key_1']]);
  });
});
