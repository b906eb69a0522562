/** What strangers, copies and repetitions do to a live call over a stream: nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createUrls } from '../../src/twilio/urls.ts';
import { LiveStack, PATIENCE } from './support/live-stack.ts';
import type { LiveCall } from './support/live-stack.ts';

let stack: LiveStack;
beforeAll(async () => {
  stack = await LiveStack.start();
}, 180_000);
afterAll(() => stack.stop());

/** The newest stream of a call: where it leads, and with what it was let in. */
function streamOf(call: LiveCall) {
  const entry = stack.roles.simulator.log
    .of('stream', call.phone.callSid)
    .findLast(({ state }) => state === 'started');
  if (!entry) throw new Error('there is no stream');
  const { url, parameters = {}, streamSid } = entry;
  return { url, parameters, streamSid };
}

/** Somebody opens a socket with what belongs to a call. @returns the code with which it is closed */
async function intrude(call: LiveCall, more: object = {}): Promise<number> {
  const { url, parameters } = streamOf(call);
  const { accountSid } = stack.roles.simulator;
  const stray = await stack.roles.simulator.strayStream({
    ...{ url, parameters, accountSid, callSid: call.phone.callSid },
    ...more,
  });
  const timer = setTimeout(() => stray.close(), 8_000);
  const { code } = await stray.closed;
  clearTimeout(timer);
  expect(stray.received.filter((text) => text.includes('"media"'))).toEqual([]);
  return stray.status === 101 ? code : stray.status;
}

/** Twilio's request to the `action` of a stream; or, with another key, somebody's. */
const comesBack = (call: LiveCall, stream: number, signWith?: string) =>
  stack.roles.simulator.forge({
    url: createUrls(stack.roles.webhookUrl).connect({ callId: call.id, stream }),
    fields: Object.entries({
      AccountSid: stack.roles.simulator.accountSid,
      CallSid: call.phone.callSid,
      CallStatus: 'in-progress',
      Direction: 'inbound',
      From: call.phone.from,
      To: call.phone.to,
    }),
    ...(signWith !== undefined && { signWith }),
  });

const bodyOf = (answer: Awaited<ReturnType<typeof comesBack>>) => {
  if (!answer.ok) throw new Error(answer.message);
  return answer.body.toString();
};

/** The caller is still in the same conversation, over the same stream. */
async function goesOn(call: LiveCall, streamSid: string): Promise<void> {
  await call.exchange('Are you still with me?');
  expect(call.phone.stream?.streamSid).toBe(streamSid);
}

describe('whoever has copied a token', () => {
  test('is not let in beside the caller, who hears nothing of it', async () => {
    const call = await stack.call();
    const { streamSid } = streamOf(call);
    await call.phone.waitUntilListening(PATIENCE);
    const before = [call.heard, stack.roles.model.completions().length];
    expect(await intrude(call)).toBe(1008);
    expect(await intrude(call, { streamSid })).toBe(1008);
    expect(await intrude(call, { signWith: null })).toBe(403);
    expect([call.heard, stack.roles.model.completions().length]).toEqual(before);
    await goesOn(call, streamSid);
    call.phone.hangUp();
    await call.record();
  });

  test('is not let in during another call, or after his own', async () => {
    const [victim, other] = [await stack.call(), await stack.call()];
    const { streamSid } = streamOf(victim);
    const { parameters } = streamOf(other);
    expect(await intrude(victim, { parameters })).toBe(1008);
    const { call: callId = '' } = streamOf(victim).parameters;
    expect(await intrude(victim, { parameters: { ...parameters, call: callId } })).toBe(1008);
    other.phone.hangUp();
    await other.record();
    expect(await intrude(other)).toBe(1008);
    await goesOn(victim, streamSid);
    victim.phone.hangUp();
    await victim.record();
  });
});

describe('a request to the action of a stream', () => {
  test('is refused when Twilio has not signed it', async () => {
    const call = await stack.call();
    const { streamSid } = streamOf(call);
    expect(await comesBack(call, 1, 'not-the-token-of-the-account')).toMatchObject({ status: 403 });
    await goesOn(call, streamSid);
    call.phone.hangUp();
    await call.record();
  });

  test('repeated at the same time leads to one new stream; repeated later it takes nothing away', async () => {
    const call = await stack.call();
    await call.exchange('My name is Ada.');
    call.phone.stream?.drop('reset');
    // Twilio's own request is one of six.
    const answers = await Promise.all(Array.from({ length: 5 }, () => comesBack(call, 1)));
    const tokens = answers.map((answer) => /"token" value="([^"]+)"/.exec(bodyOf(answer))?.[1]);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^call_/);
    await call.phone.hearsMatching(/line was gone/, PATIENCE);
    const { streamSid, parameters } = streamOf(call);
    expect(parameters['token']).toBe(tokens[0]);
    await comesBack(call, 1);
    const [request] = stack.roles.simulator.log
      .of('request', call.phone.callSid)
      .filter(({ purpose }) => purpose === 'connect');
    if (request) await stack.roles.simulator.replay(request);
    await goesOn(call, streamSid);
    expect(call.heard.match(/this is Anna/g)).toHaveLength(1);
    await call.hangUp();
    const { transcript } = await call.record();
    expect(transcript.turns.map(({ heard }) => heard.text)).toEqual([
      'My name is Ada.',
      'Are you still with me?',
    ]);
  });

  test('after the end opens nothing', async () => {
    const call = await stack.call();
    call.phone.hangUp();
    await call.record();
    const late = bodyOf(await comesBack(call, 1));
    expect(late).toContain('<Hangup');
    expect(late).not.toContain('<Stream');
    expect((await call.read()).end_reason).toBe('caller-hung-up');
  });
});

test('of all these calls nothing is left open', async () => {
  expect(await stack.isOver()).toBe(true);
});
