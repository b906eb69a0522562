/** Whole calls over streams: each ends in one way, for the right reason, with a record of what was heard. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { LiveStack, PATIENCE } from './support/live-stack.ts';
import type { CallBody, LiveCall } from './support/live-stack.ts';

const LONG =
  'The first thing that I have to tell you is about the weather in the mountains, ' +
  'and the second thing is about the trains to the sea, and the third one is a secret of the cook.';

let stack: LiveStack;
beforeAll(async () => {
  stack = await LiveStack.start();
}, 180_000);
afterAll(() => stack.stop());

/** What was heard and said in each turn. */
const talk = ({ transcript }: CallBody) =>
  transcript.turns.map(({ heard, reply }) => [heard.text ?? heard.digits ?? heard.kind, reply]);

async function isInOrder(call: LiveCall): Promise<void> {
  await eventually(async () => {
    const events = await call.events();
    const kept = events.filter((type) => !/queued|ringing/.test(type));
    expect(kept.slice(0, 2)).toEqual(['call.created', 'call.answered']);
    expect(kept.filter((type) => type === 'call.ended')).toHaveLength(1);
    expect(kept.indexOf('call.ended')).toBeGreaterThan(kept.indexOf('call.turn.completed'));
  });
}

describe('a conversation over a stream', () => {
  test('has turns, keys and an end phrase; its transcript is what was heard', async () => {
    const call = await stack.call({
      ending: { phrases: ['goodbye'], message: 'Farewell, friend.' },
      stream: { filler: { phrases: [] } },
    });
    await call.exchange('One table please.');
    await call.phone.waitUntilListening(PATIENCE);
    stack.roles.model.script({ kind: 'answer', text: 'So many.' });
    call.phone.press('42#');
    await call.phone.hearsMatching(/So many\./, PATIENCE);
    await call.exchange('Goodbye.', 'Farewell, friend.');
    const record = await call.record();
    expect(record).toMatchObject({ status: 'ended', end_reason: 'end-phrase' });
    expect(record.transcript.greeting).toBe('Hello, this is Anna.');
    expect(talk(record).map(([heard]) => heard)).toEqual(['One table please.', '42', 'Goodbye.']);
    const told = [record.transcript.greeting, ...talk(record).map(([, reply]) => reply)].join(' ');
    expect(call.heard).toBe(told);
    const [turn] = record.transcript.turns;
    for (const value of Object.values(turn?.timings ?? { none: null })) {
      expect(value).toEqual(expect.any(Number));
    }
    await isInOrder(call);
    await stack.isQuiet();
  });

  test('keeps of an answer that was talked over only what was heard', async () => {
    const call = await stack.call();
    stack.roles.model.script({ kind: 'answer', text: LONG });
    await call.phone.waitUntilListening(PATIENCE);
    call.phone.say('Tell me everything.');
    await call.phone.hearsSoFar(/first thing that I have to tell/, PATIENCE);
    call.phone.say('Stop, I want to order a pizza now.');
    await call.phone.hearsMatching(/You said: Stop, I want to order a pizza now\./, PATIENCE);
    call.phone.hangUp();
    const record = await call.record();
    const [first, second] = record.transcript.turns;
    expect(first).toMatchObject({ interrupted: true, status: 'answered' });
    expect(second).toMatchObject({ heard: { text: 'Stop, I want to order a pizza now.' } });
    const reply = first?.reply ?? '';
    expect(LONG.startsWith(reply)).toBe(true);
    expect(reply.length).toBeGreaterThan(10);
    // What the caller heard between the two, by its captions.
    const heard = call.heard.slice(call.heard.indexOf('The first'), call.heard.indexOf('You said'));
    const words = (text: string) => text.trim().split(/\s+/);
    expect(Math.abs(words(heard).length - words(reply).length)).toBeLessThanOrEqual(1);
    expect(heard.trim().startsWith(reply.split(' ').slice(0, -1).join(' '))).toBe(true);
    expect(record.end_reason).toBe('caller-hung-up');
    expect(stack.roles.simulator.log.of('stream-stale', call.phone.callSid)).toEqual([]);
  });

  test('asks a silent caller, and leaves him with a farewell', async () => {
    const call = await stack.call({
      listening: { timeout_seconds: 1 },
      silence: { prompt: 'Still there?', max_prompts: 2, farewell: 'I leave you now.' },
    });
    await call.phone.hearsMatching(/Still there\?.*Still there\?.*I leave you now\./, PATIENCE);
    const record = await call.record();
    expect(record.end_reason).toBe('silence');
    expect(talk(record)).toEqual([
      ['silence', 'Still there?'],
      ['silence', 'Still there?'],
      ['silence', 'I leave you now.'],
    ]);
  });

  test('is ended by the assistant with its last words', async () => {
    const call = await stack.call();
    stack.roles.model.script({ kind: 'end-call', text: 'Done.', farewell: 'Bye for now.' });
    await call.exchange('That will be all.', /Done\.|Bye for now\./);
    const record = await call.record();
    expect(record.end_reason).toBe('assistant-ended');
    expect(call.heard).toContain(record.transcript.turns[0]?.reply ?? 'nothing');
  });

  test('ends after the last turn that is allowed', async () => {
    const call = await stack.call({ limits: { max_turns: 2, farewell: 'Enough for today.' } });
    await call.exchange('The first one.');
    await call.exchange('The second one.', /Enough for today\./);
    const record = await call.record();
    expect(record.end_reason).toBe('max-turns');
    expect(record.transcript.turns).toHaveLength(2);
  });

  test('is ended with words when it is too long', async () => {
    const call = await stack.call({ limits: { max_call_seconds: 10, farewell: 'Time is up.' } });
    await call.exchange('A short one.');
    await call.phone.hearsMatching(/Time is up\./, PATIENCE);
    const record = await call.record();
    expect(record.end_reason).toBe('max-duration');
    expect(talk(record)[0]).toEqual(['A short one.', 'You said: A short one.']);
  });

  test('is ended with words by an operator, over the API', async () => {
    const call = await stack.call();
    await call.exchange('Hello there Anna.');
    const { status } = await stack.client.ask(`/v1/calls/${call.id}/hangup`, {
      body: { message: 'We are closing.' },
    });
    expect(status).toBeLessThan(300);
    await call.phone.hearsMatching(/We are closing\./, PATIENCE);
    expect((await call.record()).end_reason).toBe('operator');
    await isInOrder(call);
  });

  test('of a caller who hangs up in mid-word ends in order', async () => {
    const call = await stack.call();
    await call.exchange('Hello there Anna.');
    await call.phone.waitUntilListening(PATIENCE);
    call.phone.say('I would like to have a large table for twenty people near the window.');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    call.phone.hangUp();
    const record = await call.record();
    expect(record.end_reason).toBe('caller-hung-up');
    // What was understood of it is kept, and nobody has answered.
    const { heard, reply } = record.transcript.turns[1] ?? { heard: { text: '' }, reply: null };
    expect('I would like to have a large table for twenty people').toContain(heard.text);
    expect(reply).toBeNull();
    await isInOrder(call);
    await stack.isQuiet();
  });

  test('can be placed by us', async () => {
    const assistant = await stack.assistant();
    const from = await stack.numberOf(assistant);
    const called = stack.roles.nextCalled();
    const { status, body } = await stack.client.ask<{ id: string }>('/v1/calls', {
      body: { from, to: '+14155550177', assistant_id: assistant },
    });
    expect(status).toBe(201);
    const call = stack.callOf(await called, body.id);
    await call.phone.hearsMatching(/this is Anna/, PATIENCE);
    await call.exchange('Who is calling?');
    await call.hangUp();
    const record = await call.record();
    expect(record.end_reason).toBe('caller-hung-up');
    expect(talk(record)).toEqual([['Who is calling?', 'You said: Who is calling?']]);
    await isInOrder(call);
  });

  test('is measured: on the metrics of the media worker, and for its assistant', async () => {
    const assistant = await stack.assistant();
    const call = await stack.dial(await stack.numberOf(assistant));
    await call.phone.hearsMatching(/this is Anna/, PATIENCE);
    await call.exchange('The first question.');
    await call.exchange('The second question.');
    call.phone.hangUp();
    await call.record();
    const { body } = await stack.client.ask<Record<string, { p50: number; count: number }>>(
      `/v1/assistants/${assistant}/latency`,
    );
    expect(body).toMatchObject({ turns: 2 });
    for (const stage of ['recognised_ms', 'committed_ms', 'first_token_ms', 'heard_ms']) {
      expect(body[stage]).toMatchObject({ count: 2, p50: expect.any(Number) });
    }
    const metrics = await stack.metrics();
    expect(metrics).toMatch(/^voca_media_streams_ended_total\{.*.*reason="stopped".*\} [1-9]/m);
    expect(metrics).toMatch(/^voca_stream_turn_seconds_count\{.*stage="heard".*\} [1-9]/m);
  });
});

test('an assistant is changed to streams and back over the API, at the vendors that it names', async () => {
  const assistant = await stack.assistant({
    mode: 'gather',
    stream: {
      recognition: [{ provider: 'deepgram' }],
      speech: [{ provider: 'elevenlabs' }],
    },
  });
  const number = await stack.numberOf(assistant);
  const change = (mode: string) =>
    stack.client.ask(`/v1/assistants/${assistant}`, { method: 'PATCH', body: { mode } });
  await change('stream');
  const live = await stack.dial(number);
  await live.phone.hearsMatching(/this is Anna/, PATIENCE);
  const spoken = stack.voices.log.map(({ asked }) => asked?.text).join(' ');
  await live.exchange('Is this a stream?');
  expect(spoken).toContain('this is Anna');
  expect(stack.recognition.open()).toBe(1);
  await change('gather');
  await live.exchange('Is it still one?'); // a call keeps what it began with
  live.phone.hangUp();
  expect(talk(await live.record()).map(([heard]) => heard)).toEqual([
    'Is this a stream?',
    'Is it still one?',
  ]);
  await stack.isQuiet();
  const plain = await stack.dial(number);
  await plain.phone.hearsMatching(/this is Anna/, PATIENCE);
  expect(plain.phone.stream).toBeUndefined();
  await plain.exchange('And now without.');
  plain.phone.hangUp();
  expect((await plain.record()).transcript.turns[0]?.timings).toBeNull();
});

test('of all these calls nothing is left open', async () => {
  expect(await stack.isOver()).toBe(true);
});
