/** A media worker alone, as a rolling upgrade stops it: calls that are not over at the limit are moved. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase } from '../../src/db/pool.ts';
import { seedDefaults } from '../../src/db/seed.ts';
import { newId } from '../../src/ids.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { createUrls } from '../../src/twilio/urls.ts';
import { eventually } from './support/eventually.ts';
import { Roles } from './support/roles.ts';
import { expectHistoryHolds } from './support/verdict.ts';
import { CALLER, freePort } from './support/voca.ts';

const NUMBER = '+15005550001';
const PATIENCE = { timeoutMs: 30_000 };
const DRAIN_S = 2;

let roles: Roles;
let balancer: Server;
/** Where new streams go, as a load balancer has it. */
let target = 0;

beforeAll(async () => {
  roles = await Roles.prepare({
    simulator: {
      fastForward: false,
      msPerCharacter: 20,
      numbers: [{ phoneNumber: NUMBER }],
    },
  });
  roles.model.always((body) => {
    const words = body.messages?.findLast(({ role }) => role === 'user')?.content ?? '';
    const text = `You said: ${words} It is going to be seen to by somebody before the evening comes.`;
    return { kind: 'answer', text };
  });
  balancer = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(balancer, 'listening');
}, 120_000);
afterAll(async () => {
  balancer?.close();
  await roles?.stop();
});

async function called(): Promise<Phone> {
  const phone = roles.simulator.dial({ from: CALLER, to: NUMBER });
  await phone.hearsMatching(/how can I help\?/, PATIENCE);
  await phone.waitUntilListening(PATIENCE);
  return phone;
}

async function say(phone: Phone, words: string): Promise<void> {
  await phone.say(words).delivered;
  await phone.hearsMatching(new RegExp(`You said: ${words}.*before the evening comes`), PATIENCE);
}

/** Everything that was heard of it, from its beginning. */
function heardBy({ callSid }: Phone): string {
  const heard = roles.simulator.log.ofCall(callSid).filter((entry) => entry.kind === 'heard');
  return heard.map(({ text }) => text).join(' ');
}

test('moves its calls at the limit: nobody is greeted again, no word is lost, and it leaves', async () => {
  const [first, second] = [await freePort(), await freePort()];
  target = first;
  const { port } = balancer.address() as AddressInfo;
  roles.launch('api', { MEDIA_PORT: String(port) });
  roles.launch('worker');
  const env = { VOCA_MEDIA_DRAIN: String(DRAIN_S) };
  const leaving = roles.launch('media', { MEDIA_PORT: String(first), ...env });
  await roles.untilReady();
  const db = createDatabase({ url: roles.databaseUrl, applicationName: 'test' });
  const greeting = 'Good morning, how can I help?';
  await seedDefaults(db, {
    number: { id: newId('pn'), number: NUMBER },
    assistant: { ...demoAssistant, id: 'asst_live', firstMessage: greeting, mode: 'stream' },
  });
  await db.destroy();
  const urls = createUrls(roles.webhookUrl);
  const { sid = '' } = roles.simulator.numbers.byNumber(NUMBER) ?? {};
  roles.simulator.numbers.update(sid, {
    voiceUrl: urls.voice(),
    voiceFallbackUrl: urls.fallback(),
    statusCallback: urls.status(),
  });
  await leaving.isReady();
  const [silent, hearing, speaking] = await Promise.all([called(), called(), called()]);
  const staying = roles.launch('media', { MEDIA_PORT: String(second), ...env });
  await staying.isReady();

  await hearing.say('I would like a table.').delivered;
  await hearing.hearsSoFar(/You said: I/, PATIENCE);
  target = second;
  const leftAt = performance.now();
  const left = leaving.terminate();
  await speaking.say('Is there a garden?').delivered;
  expect(await left).toEqual({ code: 0, signal: null });
  expect(performance.now() - leftAt).toBeLessThan((DRAIN_S + 8) * 1_000);

  // Whoever was in the middle of an answer hears all of it, whoever has just spoken is answered.
  await hearing.hearsMatching(/I would like a table\..*before the evening comes/, PATIENCE);
  await speaking.hearsMatching(/Is there a garden\?.*before the evening comes/, PATIENCE);
  for (const phone of [silent, hearing, speaking]) {
    await phone.waitUntilListening(PATIENCE);
    await say(phone, 'And what about tomorrow?');
    expect(heardBy(phone).split('Good morning')).toHaveLength(2);
    phone.hangUp();
  }
  const words = async (phone: Phone) => {
    const record = createDatabase({ url: roles.databaseUrl, applicationName: 'test' });
    const turns = await record
      .selectFrom('turns')
      .select('heard')
      .where('call_id', '=', roles.callIdOf(phone))
      .orderBy('position')
      .execute();
    await record.destroy();
    return turns.flatMap(({ heard }) => (heard as { text?: string }).text ?? []);
  };
  const more = 'And what about tomorrow?';
  await eventually(
    async () => {
      expect(await words(silent)).toEqual([more]);
      expect(await words(hearing)).toEqual(['I would like a table.', more]);
      expect(await words(speaking)).toEqual(['Is there a garden?', more]);
    },
    { withinMs: 20_000 },
  );
  const counts = expectHistoryHolds(await roles.evidence({}));
  expect(counts).toMatchObject({ callsOverStreams: 3, lost: 0 });
});
