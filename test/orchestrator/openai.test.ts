import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { createOrchestrator } from '../../src/orchestrator/index.ts';
import { ModelError, type Prompt } from '../../src/orchestrator/llm.ts';
import { OpenAiModel } from '../../src/orchestrator/providers/openai.ts';
import { startFakeOpenAi, type Behaviour, type FakeOpenAi } from '../fakes/fake-openai.ts';
import { makeCall } from './make-call.ts';

const KEY = 'sk-secret-key-of-the-test';
let fake: FakeOpenAi;

beforeEach(async () => {
  fake = await startFakeOpenAi();
});
afterEach(async () => {
  await fake.close();
});

const newModel = () => new OpenAiModel({ apiKey: KEY, baseURL: fake.baseURL, model: 'fake-model' });

const PROMPT: Prompt = {
  system: 'Be kind.',
  messages: [
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'the number is 1234' },
    { role: 'user', content: '[the caller pressed 5]' },
  ],
  call: {
    startedAt: '2026-11-24T11:00:00Z',
    timeZone: 'UTC',
    language: 'en-US',
    apology: 'Sorry.',
  },
};

function complete(model = newModel(), timeoutMs = 2_000) {
  return model.complete(PROMPT, { signal: AbortSignal.timeout(timeoutMs) });
}

async function failureOf(behaviour: Behaviour, timeoutMs?: number): Promise<ModelError> {
  fake.script(behaviour);
  const error: unknown = await complete(newModel(), timeoutMs).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelError)) throw new Error('it did not fail with a ModelError');
  return error;
}

async function until(condition: () => boolean, deadlineMs = 2_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a request', () => {
  test('carries the system prompt, the conversation with alternating roles, the tool and the key', async () => {
    fake.script({ kind: 'answer', text: 'Hi.' });
    expect(await complete()).toEqual({
      text: 'Hi.',
      end: false,
      model: 'fake-model',
      tokens: { prompt: 21, completion: 7 },
    });
    const [request] = fake.completions();
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(request?.body).toMatchObject({
      model: 'fake-model',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: '[the call begins]' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: 'the number is 1234\n[the caller pressed 5]' },
      ],
      tools: [{ type: 'function', function: { name: 'end_call' } }],
    });
  });

  test('does not change the prompt that it is made of', async () => {
    const before = JSON.stringify(PROMPT);
    await complete();
    expect(JSON.stringify(PROMPT)).toBe(before);
  });

  test('works with a server that wants no key', async () => {
    const model = new OpenAiModel({ apiKey: '', baseURL: fake.baseURL, model: 'local' });
    await expect(complete(model)).resolves.toMatchObject({ end: false });
  });
});

describe('ending the call', () => {
  test.each<[string, Behaviour, string]>([
    ['without words', { kind: 'end-call' }, ''],
    ['with the words of the answer', { kind: 'end-call', text: 'Bye.', farewell: 'x' }, 'Bye.'],
    ['with the words of the tool', { kind: 'end-call', farewell: 'Goodbye!' }, 'Goodbye!'],
    [
      'with broken arguments',
      { kind: 'tool', name: 'end_call', rawArguments: '{"farewell": "Go' },
      '',
    ],
    [
      'with arguments of another shape',
      { kind: 'tool', name: 'end_call', rawArguments: '[1, 2]' },
      '',
    ],
  ])('%s', async (_how, behaviour, text) => {
    fake.script(behaviour);
    expect(await complete()).toMatchObject({ text, end: true });
  });

  test('an unknown tool is no answer, and is passed over beside words', async () => {
    const tool = { kind: 'tool', name: 'rm', rawArguments: '{}' } as const;
    expect(await failureOf(tool)).toMatchObject({ kind: 'bad-answer', retryable: true });
    fake.script({ ...tool, text: 'Hello.' });
    expect(await complete()).toMatchObject({ text: 'Hello.', end: false });
  });
});

describe('a server without tools', () => {
  test('is asked again without them, and never with them after that', async () => {
    fake.always({ kind: 'no-tools', text: 'Hello.' });
    const model = newModel();
    expect(await complete(model)).toMatchObject({ text: 'Hello.' });
    expect(await complete(model)).toMatchObject({ text: 'Hello.' });
    const tools = fake.completions().map(({ body }) => 'tools' in (body as object));
    expect(tools).toEqual([true, false, false]);
  });

  test('a refusal for another reason is not taken for one', async () => {
    const error = await failureOf({ kind: 'status', status: 400, message: 'context too long' });
    expect(error).toMatchObject({ kind: 'refused', retryable: false });
    expect(fake.completions()).toHaveLength(1);
  });

  test('tools are offered again when the request without them failed as well', async () => {
    const refusal: Behaviour = { kind: 'status', status: 400, message: 'tools not supported' };
    fake.script(refusal, { kind: 'status', status: 500 }, { kind: 'answer', text: 'Hi.' });
    const model = newModel();
    await expect(complete(model)).rejects.toMatchObject({ kind: 'unavailable' });
    await complete(model);
    expect(fake.completions().at(-1)?.body).toHaveProperty('tools');
  });
});

describe('faults', () => {
  const status = (code: number, rest: object = {}): Behaviour => ({
    kind: 'status',
    status: code,
    ...rest,
  });

  test.each<[string, Behaviour, Partial<ModelError>]>([
    ['400', status(400), { kind: 'refused', retryable: false }],
    ['401', status(401), { kind: 'refused', retryable: false }],
    ['403', status(403), { kind: 'refused', retryable: false }],
    ['404', status(404), { kind: 'refused', retryable: false }],
    ['408', status(408), { kind: 'unavailable', retryable: true }],
    ['429', status(429), { kind: 'rate-limit', retryable: true }],
    [
      '429 with Retry-After',
      status(429, { headers: { 'retry-after': '20' } }),
      { kind: 'rate-limit', retryAfterMs: 20_000 },
    ],
    [
      '429 with retry-after-ms',
      status(429, { headers: { 'retry-after-ms': '150' } }),
      { retryAfterMs: 150 },
    ],
    [
      '429 without money',
      status(429, { code: 'insufficient_quota' }),
      { kind: 'rate-limit', retryable: false },
    ],
    ['500', status(500), { kind: 'unavailable', retryable: true }],
    [
      '503 with Retry-After',
      status(503, { headers: { 'retry-after': '1' } }),
      { kind: 'unavailable', retryAfterMs: 1_000 },
    ],
    ['529', status(529), { kind: 'unavailable', retryable: true }],
    ['broken JSON', { kind: 'raw', body: '{"choices": [' }, { kind: 'bad-answer' }],
    ['HTML', { kind: 'raw', body: '<html>', contentType: 'text/html' }, { kind: 'bad-answer' }],
    ['null', { kind: 'raw', body: 'null' }, { kind: 'bad-answer' }],
    ['an empty body', { kind: 'raw', body: '' }, { kind: 'bad-answer' }],
    ['no choices', { kind: 'empty-choices' }, { kind: 'bad-answer', retryable: true }],
    ['no words', { kind: 'answer', text: ' ' }, { kind: 'bad-answer', retryable: true }],
    ['a cut in the body', { kind: 'cut', text: 'Hello there' }, { kind: 'unavailable' }],
    ['a cut before any answer', { kind: 'hang-up' }, { kind: 'unavailable', retryable: true }],
  ])('%s', async (_what, behaviour, expected) => {
    expect(await failureOf(behaviour)).toMatchObject(expected);
  });

  test('a date in Retry-After is the time until then', async () => {
    const date = new Date(Date.now() + 30_000).toUTCString();
    const error = await failureOf(status(429, { headers: { 'retry-after': date } }));
    expect(error.retryAfterMs).toBeGreaterThan(27_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  test('a server that is not there is unavailable', async () => {
    const model = newModel();
    await fake.close();
    await expect(complete(model)).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
    fake = await startFakeOpenAi();
  });

  test.each<[string, Behaviour]>([
    ['before the headers', { kind: 'stall' }],
    ['in the body', { kind: 'stall-in-body', text: 'Hello there' }],
    ['for longer than the deadline', { kind: 'answer', text: 'Hi', afterMs: 5_000 }],
  ])('a server that stalls %s times out, and sees the socket closed', async (_where, behaviour) => {
    const error = await failureOf(behaviour, 60);
    expect(error).toMatchObject({ kind: 'timeout', retryable: true });
    await until(() => fake.completions()[0]?.abortedAtMs !== undefined);
  });

  test('one request is made per try, whatever the fault', async () => {
    await failureOf(status(500));
    await failureOf(status(429));
    expect(fake.completions()).toHaveLength(2);
  });

  test('an error tells nothing of the call, the answer or the key to whoever prints it', async () => {
    const message = `bad key ${KEY} for: the number is 1234`;
    const error = await failureOf(status(401, { message }));
    const printed = [
      error.message,
      error.stack,
      JSON.stringify(error),
      inspect(error, { depth: 9 }),
    ];
    expect(printed.join(' ')).not.toMatch(/1234|secret|bad key/);
    expect(error.cause).toBeUndefined();
    expect(inspect(error.original())).toContain('bad key');
  });
});

describe('ready', () => {
  const ready = (timeoutMs = 1_000) => newModel().ready(AbortSignal.timeout(timeoutMs));

  test.each([404, 405, 403, 429])('a server that answers %i can be asked', async (status) => {
    fake.models({ kind: 'status', status });
    await expect(ready()).resolves.toBeUndefined();
  });

  test('a server with a list of models can be asked, and no tokens are spent', async () => {
    await expect(ready()).resolves.toBeUndefined();
    expect(fake.completions()).toHaveLength(0);
  });

  test.each([
    [401, 'refused'],
    [500, 'unavailable'],
  ])('a server that answers %i cannot', async (status, kind) => {
    fake.models({ kind: 'status', status });
    await expect(ready()).rejects.toMatchObject({ kind });
  });

  test('a server that stalls cannot', async () => {
    fake.models({ kind: 'stall' });
    await expect(ready(60)).rejects.toMatchObject({ kind: 'timeout' });
  });
});

describe('a whole turn over HTTP', () => {
  const orchestrator = () =>
    createOrchestrator({
      llm: 'openai',
      openai: { apiKey: KEY, baseURL: fake.baseURL, model: 'fake-model' },
      totalMs: 1_500,
      tryMs: 500,
    });
  const reply = (signal?: AbortSignal) =>
    orchestrator().generateReply(
      makeCall('Hello.'),
      { kind: 'speech', text: 'hi' },
      { ...(signal && { signal }) },
    );

  test.each<[string, Behaviour]>([
    ['an overload', { kind: 'status', status: 529 }],
    ['a stall', { kind: 'stall' }],
    ['a cut', { kind: 'cut', text: 'Hello' }],
    ['an empty answer', { kind: 'empty-choices' }],
  ])('%s is passed over by the second try', async (_what, behaviour) => {
    fake.script(behaviour, { kind: 'answer', text: '**Hello** you.' });
    expect(await reply()).toMatchObject({ text: 'Hello you.', end: false, model: 'fake-model' });
    expect(fake.completions()).toHaveLength(2);
  });

  test('100 kB of text become at most 10,000 spoken characters', async () => {
    fake.script({ kind: 'answer', text: 'A sentence of the model. '.repeat(4_000) });
    const { text } = await reply();
    expect(text.length).toBeLessThanOrEqual(10_000);
    expect(text).toMatch(/model\.$/);
  });

  test('cancelling closes the socket of the request under way', async () => {
    fake.script({ kind: 'stall' });
    const controller = new AbortController();
    const pending = reply(controller.signal);
    await until(() => fake.completions().length === 1);
    controller.abort(new Error('the caller hung up'));
    await expect(pending).rejects.toThrow('the caller hung up');
    await until(() => fake.completions()[0]?.abortedAtMs !== undefined);
    expect(fake.completions()).toHaveLength(1);
  });
});
