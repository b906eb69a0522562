/** Media workers as processes: a call over a stream goes on whatever happens to the one that carries it. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { createDatabase } from '../../src/db/pool.ts';
import { seedDefaults } from '../../src/db/seed.ts';
import { newId } from '../../src/ids.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { createUrls } from '../../src/twilio/urls.ts';
import { eventually } from './support/eventually.ts';
import { Roles } from './support/roles.ts';
import type { RoleProcess } from './support/roles.ts';
import { CALLER, freePort } from './support/voca.ts';

const STREAM_NUMBER = '+15005550001';
const MEDIA = ['voca-media-1', 'voca-media-2'];
const PATIENCE = { timeoutMs: 30_000 };

let roles: Roles;
let instance: RoleProcess | undefined;
/** Of the supervisor's processes, in their order: two for the api, two workers, two for media. */
const metricsPort = 20_000 + Math.floor(Math.random() * 8_000);

/** Servers and a number that is answered over a stream, once somebody answers. */
async function prepare(): Promise<void> {
  roles = await Roles.prepare({
    env: { VOCA_LLM: 'demo' },
    simulator: {
      fastForward: false,
      msPerCharacter: 20,
      numbers: [{ phoneNumber: STREAM_NUMBER }],
    },
  });
  const urls = createUrls(roles.webhookUrl);
  const { sid = '' } = roles.simulator.numbers.byNumber(STREAM_NUMBER) ?? {};
  roles.simulator.numbers.update(sid, {
    voiceUrl: urls.voice(),
    voiceFallbackUrl: urls.fallback(),
    statusCallback: urls.status(),
  });
}

async function untilAnswered(): Promise<void> {
  await roles.untilReady();
  const db = createDatabase({ url: roles.databaseUrl, applicationName: 'test' });
  await seedDefaults(db, {
    number: { id: newId('pn'), number: STREAM_NUMBER },
    assistant: { ...demoAssistant, id: 'asst_stream', name: 'Live', mode: 'stream' },
  });
  await db.destroy();
}

const pidOf = (name: string): number =>
  Number(readFileSync(join(roles.folder, 'run', `${name}.pid`), 'utf8'));

/** The media worker that carries the only stream. */
function carrier(): Promise<string> {
  return eventually(
    async () => {
      for (const [i, name] of MEDIA.entries()) {
        const answer = await fetch(`http://127.0.0.1:${metricsPort + 4 + i}/metrics`);
        if (/^voca_media_streams\{.*\} 1$/m.test(await answer.text())) return name;
      }
      throw new Error('nobody carries a stream');
    },
    { withinMs: 15_000 },
  );
}

async function call(): Promise<Phone> {
  const phone = roles.simulator.dial({ from: CALLER, to: STREAM_NUMBER });
  await phone.hearsMatching(/can book/i, PATIENCE);
  return phone;
}

/** Why the sessions of a call are over, in order. */
async function endsOf(phone: Phone): Promise<string[]> {
  const handle = roles.link.client.workflow.getHandle(roles.callIdOf(phone));
  const { events = [] } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const data =
      event.activityTaskCompletedEventAttributes?.result?.payloads?.[0]?.data ?? undefined;
    const text = data ? Buffer.from(data).toString() : '';
    return text.startsWith('{"why"') ? [(JSON.parse(text) as { why: string }).why] : [];
  });
}

describe('under a supervisor a call over a stream', () => {
  beforeAll(async () => {
    await prepare();
    instance = roles.launch('supervisor', {
      METRICS_PORT: String(metricsPort),
      VOCA_MEDIA_HOST: 'elsewhere.invalid', // it has its own
    });
    await untilAnswered();
  }, 120_000);
  afterAll(() => roles.stop());

  test('reaches a media worker through the api, and is answered', async () => {
    const phone = await call();
    expect(MEDIA).toContain(await carrier());
    phone.say('I would like to book a table for tomorrow evening.');
    await phone.hearsMatching(/what time|for how many/i, PATIENCE);
    phone.hangUp();
    await eventually(async () => expect(await endsOf(phone)).toEqual(['stopped']), {
      withinMs: 15_000,
    });
  });

  test('goes on at the other one when its own is killed', async () => {
    const phone = await call();
    const name = await carrier();
    const pid = pidOf(name);
    process.kill(pid, 'SIGKILL');
    await phone.hearsMatching(/line was gone/i, PATIENCE);
    phone.say('I would like to book a table for tomorrow evening.');
    await phone.hearsMatching(/what time|for how many/i, PATIENCE);
    await eventually(async () => expect(pidOf(name)).not.toBe(pid));
    phone.hangUp();
  });

  test('is moved when its own is told to leave, and is not greeted again', async () => {
    const phone = await call();
    const name = await carrier();
    const before = phone.stream?.streamSid;
    process.kill(pidOf(name), 'SIGTERM');
    await eventually(async () => expect(await endsOf(phone)).toEqual(['moved']), {
      withinMs: 15_000,
    });
    // Nobody hears what is said into the stream that is just closing.
    await eventually(() => expect([undefined, before]).not.toContain(phone.stream?.streamSid), {
      withinMs: 15_000,
    });
    phone.say('I would like to book a table for tomorrow evening.');
    await phone.hearsMatching(/what time|for how many/i, PATIENCE);
    phone.hangUp();
  });

  test('does not keep the instance from stopping in time', async () => {
    await call();
    await carrier();
    const startedAt = performance.now();
    expect(await instance?.terminate()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describe('alone a media worker that is told to leave', () => {
  beforeAll(async () => {
    await prepare();
  }, 120_000);
  afterAll(() => roles.stop());

  test('lets its calls run on, takes no new ones, and leaves when they are over', async () => {
    const MEDIA_PORT = String(await freePort());
    roles.launch('api', { MEDIA_PORT });
    roles.launch('worker');
    const media = roles.launch('media', { MEDIA_PORT, VOCA_MEDIA_DRAIN: '60' });
    await media.isReady();
    await untilAnswered();
    const phone = await call();
    const left = media.terminate();
    await eventually(async () => expect(await knock(MEDIA_PORT)).toContain('503')); // the signal takes a moment
    phone.say('I would like to book a table for tomorrow evening.');
    await phone.hearsMatching(/what time|for how many/i, PATIENCE);
    expect(media.isGone).toBe(false);
    phone.hangUp();
    expect(await left).toEqual({ code: 0, signal: null });
    expect(await endsOf(phone)).toEqual(['stopped']);
  });
});

/** Asks for a stream. @returns why it was not let in, or `open` */
async function knock(port: string): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/media/stream`, {
    headers: { 'x-twilio-signature': signed(`${roles.webhookUrl}/media/stream`) },
  });
  const answer = await Promise.race([
    once(socket, 'error').then(([error]) => (error as Error).message),
    once(socket, 'open').then(() => 'open'),
  ]);
  socket.on('error', () => undefined);
  socket.terminate();
  return answer;
}

function signed(url: string): string {
  const wss = url.replace(/^http/, 'ws');
  return createHmac('sha1', roles.authToken).update(wss).digest('base64');
}
