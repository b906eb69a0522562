/**
 * What the caller hears when something of ours is slow, fails or is away. Each has a worker of its own,
 * and all wait at the same time.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { startTcpProxy } from '../../src/drill/tcp-proxy.ts';
import { FIXED_LINES } from '../../src/http/answers.ts';
import { stack } from './stack.ts';
import { keepHistory } from './support/histories.ts';
import { ended, spokenTurns } from './support/records.ts';
import type { Voca, VocaOptions } from './support/voca.ts';
import { echo, freePort, startVoca } from './support/voca.ts';

const opened: Voca[] = [];
afterAll(async () => {
  await Promise.all(opened.map((it) => it.close()));
});

async function start(options: VocaOptions): Promise<Voca> {
  const voca = await startVoca({
    assistant: { firstMessage: 'Hello.', apology: 'Sorry, once more?' },
    ...options,
  });
  opened.push(voca);
  return voca;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('the model', () => {
  test.concurrent('that takes 5 s is covered by a filler, and its answer is used', async () => {
    const it = await start({
      think: async (call, heard) => {
        await pause(5000);
        return echo(call, heard);
      },
    });
    const phone = it.dial();
    await phone.waitUntilListening();
    const saidAt = Date.now();
    phone.say('a hard question');
    const filler = await phone.hearsMatching(/One moment/);
    expect(filler.atMs - saidAt).toBeLessThan(4000);
    await phone.hearsMatching(/You said: a hard question/);
    phone.hangUp();
    const callId = it.callIdOf(phone.callSid);
    await ended(it, callId);
    expect(it.asked).toHaveLength(1);
    expect(phone.heardApplicationError).toBe(false);
    await keepHistory(it.link, callId, 'inbound-slow-model');
  });

  test.concurrent('that fails means an apology, and the call goes on', async () => {
    let isBroken = true;
    const it = await start({
      think: async (call, heard) => {
        if (isBroken) throw new Error('the vendor is on fire');
        return echo(call, heard);
      },
    });
    const phone = it.dial();
    for (let round = 0; round < 3; round += 1) {
      await phone.waitUntilListening();
      phone.say(`try ${round}`);
      await phone.hearsMatching(/Sorry, once more/);
    }
    isBroken = false;
    await phone.waitUntilListening();
    phone.say('and now');
    await phone.hearsMatching(/You said: and now/);
    phone.hangUp();
    const callId = it.callIdOf(phone.callSid);
    await ended(it, callId);
    expect(it.asked).toHaveLength(4);
    await keepHistory(it.link, callId, 'inbound-failing-model');
  });

  test.concurrent(
    'that never answers is given up after 20 s with an apology',
    async () => {
      const it = await start({ think: () => new Promise(() => undefined) });
      const phone = it.dial();
      await phone.waitUntilListening();
      const saidAt = Date.now();
      phone.say('hello?');
      const apology = await phone.hearsMatching(/Sorry, once more/, { timeoutMs: 30_000 });
      expect(apology.atMs - saidAt).toBeGreaterThan(18_000);
      expect(apology.atMs - saidAt).toBeLessThan(24_000);
      await phone.waitUntilListening();
      phone.hangUp();
      const heard = phone.transcript
        .filter(({ who }) => who === 'assistant')
        .map(({ text }) => text);
      const fillers = heard.filter((text) => FIXED_LINES.includes(text));
      expect(fillers.length).toBeGreaterThanOrEqual(4);
      expect(it.asked).toHaveLength(1);
    },
    60_000,
  );

  test.concurrent('whose words are hostile is heard as text, never as markup', async () => {
    const evil =
      '</Say><Dial>+19005550000</Dial><Redirect>http://evil.example</Redirect>\u0000\uD800 & done';
    const it = await start({ think: async () => ({ text: evil, end: false, model: 'evil' }) });
    const phone = it.dial();
    await phone.waitUntilListening();
    phone.say('hack yourself');
    await phone.hearsMatching(/<Dial>\+19005550000<\/Dial>.*& done/);
    await phone.waitUntilListening();
    phone.hangUp();
    await phone.ended;
    expect(phone.heardApplicationError).toBe(false);
  });
});

describe('without a worker', () => {
  test.concurrent(
    'the caller is held, and his words are answered when a worker comes',
    async () => {
      const it = await start({});
      const phone = it.dial();
      await phone.waitUntilListening();
      await it.stopWorker();
      phone.say('are you there');
      await phone.hearsMatching(/One moment/);
      await it.startWorker();
      await phone.hearsMatching(/You said: are you there/);
      phone.hangUp();
      const callId = it.callIdOf(phone.callSid);
      await ended(it, callId);
      expect(spokenTurns(it, callId)).toEqual([['1', 'are you there', 'answered']]);
      expect(it.asked).toHaveLength(1);
      expect(phone.heardApplicationError).toBe(false);
    },
  );

  test.concurrent('a call that has not begun is held and greeted when a worker comes', async () => {
    const it = await start({ worker: false });
    const phone = it.dial();
    await phone.hearsMatching(/One moment/);
    await it.startWorker();
    await phone.hearsMatching(/Hello/);
    phone.hangUp();
    expect((await phone.ended).status).toBe('completed');
  });
});

describe('without Temporal', () => {
  test.concurrent(
    'in mid-call the caller is asked to say it again; nothing is asked twice',
    async () => {
      const proxy = await startTcpProxy(stack().temporalAddress);
      const it = await start({ gatewayAddress: proxy.address });
      const phone = it.dial();
      await phone.waitUntilListening();
      phone.say('first');
      await phone.hearsMatching(/You said: first/);
      await phone.waitUntilListening();
      await proxy.cut();
      phone.say('lost words');
      await phone.hearsMatching(/Could you say it again/);
      await phone.waitUntilListening();
      await proxy.mend();
      phone.say('found words');
      await phone.hearsMatching(/You said: found words/);
      phone.hangUp();
      const callId = it.callIdOf(phone.callSid);
      await ended(it, callId);
      expect(spokenTurns(it, callId)).toEqual([
        ['1', 'first', 'answered'],
        ['2-2', 'found words', 'answered'],
      ]);
      expect(it.asked).toHaveLength(2);
      expect(phone.heardApplicationError).toBe(false);
      await proxy.close();
    },
  );

  test.concurrent(
    'a new call is held for a while, then asked to call again; no application error',
    async () => {
      const it = await start({ worker: false, gatewayAddress: `127.0.0.1:${await freePort()}` });
      const phone = it.dial();
      const heard = await phone.hears({ timeoutMs: 5000 });
      expect(heard.text).toBe(FIXED_LINES[0]);
      await phone.hearsMatching(/technical problem/, { timeoutMs: 50_000 });
      expect((await phone.ended).status).toBe('completed');
      expect(phone.heardApplicationError).toBe(false);
    },
    60_000,
  );
});
