/** Vendors of speech that fail in mid-call, one kind at a time: the caller is understood and spoken to. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LiveStack, PATIENCE } from './support/live-stack.ts';
import type { LiveCall } from './support/live-stack.ts';

const SENTENCE = 'I would like to bring my dog and my parrot and two cats.';
/** The next one has begun 1.5 s after the first was asked; a busy machine is given more. */
const SOON_MS = 4_000;

let stack: LiveStack;
beforeAll(async () => {
  stack = await LiveStack.start();
}, 180_000);
afterAll(() => stack.stop());

const heardBy = (...providers: string[]) => ({
  stream: { recognition: providers.map((provider) => ({ provider })) },
});
const spokenBy = (...providers: string[]) => ({
  stream: { speech: providers.map((provider) => ({ provider })) },
});

/** @returns milliseconds from the end of his voice to the next sound */
async function isUnderstood(call: LiveCall, meanwhile: () => void): Promise<number> {
  await call.phone.waitUntilListening(PATIENCE);
  const { delivered } = call.phone.say(SENTENCE);
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // he is in the middle of it
  meanwhile();
  const said = await delivered;
  if (said?.kind !== 'stream-voice') throw new Error('he was cut off');
  const soundAtMs = await call.phone.hearsSoundAfter(said.endsAtMs, PATIENCE);
  await call.phone.hearsMatching(/two cats\./, PATIENCE);
  return soundAtMs - said.endsAtMs;
}

describe('a recogniser that fails in the middle of a sentence', () => {
  test.each(['cut', 'silent'] as const)('(%s) is followed by the next one', async (how) => {
    const call = await stack.call(heardBy('deepgram', 'demo'));
    await call.exchange('Do you take animals?');
    expect(await isUnderstood(call, () => stack.recognition.fail(how))).toBeLessThan(SOON_MS);
    await call.exchange('And what about fish?');
    await call.hangUp();
    const { transcript } = await call.record();
    expect(transcript.turns.map(({ heard }) => heard.text)).toEqual([
      'Do you take animals?',
      SENTENCE,
      'And what about fish?',
    ]);
    await stack.isQuiet();
  });

  test('or refuses to listen is followed by the next one', async () => {
    const headers = { 'retry-after': '1' };
    stack.recognition.misbehave({ kind: 'status', status: 429, headers });
    const call = await stack.call(heardBy('deepgram', 'demo'));
    await call.exchange('Do you take animals?');
    call.phone.hangUp();
    expect((await call.record()).transcript.turns).toHaveLength(1);
  });

  test('and is the only one leaves the call to the telephone company, which remembers', async () => {
    const call = await stack.call(heardBy('deepgram'));
    await call.exchange('My name is Ada.');
    const refused = { kind: 'status', status: 503 } as const;
    stack.recognition.misbehave(...Array.from({ length: 12 }, () => refused));
    stack.recognition.fail('cut');
    await call.phone.waitUntilListening(PATIENCE);
    expect(await turnsOverTwiml(call)).toEqual(['My name is Ada.', 'What is my name?']);
    stack.recognition.forgive();
  });
});

describe('a voice that fails', () => {
  test.each([
    { kind: 'status', status: 500 },
    { kind: 'hang-up' },
    { kind: 'stall' },
    { kind: 'cut', part: 0.5 },
    { kind: 'stall-midway', part: 0.5 },
  ] as const)('($kind) is followed by the next one', async (behaviour) => {
    const call = await stack.call(spokenBy('elevenlabs', 'demo'));
    stack.voices.script(behaviour);
    const answer = await call.exchange('Do you take animals?', /animals\?/);
    expect(answer).toMatch(/^You said:/);
    await call.exchange('And what about fish?');
    await call.hangUp();
    const { transcript } = await call.record();
    expect(transcript.turns.map(({ reply }) => reply)).toEqual([
      'You said: Do you take animals?',
      'You said: And what about fish?',
    ]);
    expect(
      Math.max(...transcript.turns.map(({ timings }) => timings?.['heard_ms'] ?? 0)),
    ).toBeLessThan(SOON_MS);
  });

  test('and is the only one leaves the call to the telephone company, which remembers', async () => {
    const call = await stack.call(spokenBy('elevenlabs'));
    await call.exchange('My name is Ada.');
    await call.phone.waitUntilListening(PATIENCE);
    stack.voices.always({ kind: 'status', status: 500 });
    call.phone.say('Say something nice.');
    expect(await turnsOverTwiml(call)).toEqual([
      'My name is Ada.',
      'Say something nice.',
      'What is my name?',
    ]);
    stack.voices.always({ kind: 'speak' });
  });
});

/** It goes on over `<Gather>`, with all that was said before, and without another greeting. */
async function turnsOverTwiml(call: LiveCall): Promise<(string | undefined)[]> {
  const { log } = stack.roles.simulator;
  await log.waitFor('listening', ({ callSid }) => callSid === call.phone.callSid, 30_000);
  expect(call.phone.stream).toBeUndefined();
  await call.exchange('What is my name?');
  const asked = stack.roles.model.completions().at(-1)?.body as { messages: { content: string }[] };
  const told = asked.messages.map(({ content }) => content).join('\n');
  expect(told).toContain('My name is Ada.');
  call.phone.hangUp();
  const record = await call.record();
  expect(record.transcript.turns.every(({ reply }) => reply !== null)).toBe(true);
  expect(call.heard.match(/this is Anna/g)).toHaveLength(1);
  // Something bridged the change.
  const said = log.of('heard', call.phone.callSid).filter(({ source }) => source === 'say');
  expect(said[0]?.text).toMatch(/line was gone/);
  return record.transcript.turns.map(({ heard }) => heard.text);
}

test('of all these calls nothing is left open', async () => {
  expect(await stack.isOver()).toBe(true);
});
