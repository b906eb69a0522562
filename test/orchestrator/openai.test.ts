import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createOrchestrator } from '../../src/orchestrator/index.ts';
import { OpenAiModel } from '../../src/orchestrator/providers/openai.ts';
import { startFakeOpenAi, type Behaviour, type FakeOpenAi } from '../fakes/fake-openai.ts';
import { aLanguageModel, KEY, PROMPT } from './conformance.ts';
import { makeCall } from './make-call.ts';
import { until } from './until.ts';

const modelOf = ({ baseURL }: { baseURL: string }) =>
  new OpenAiModel({ apiKey: KEY, baseURL, model: 'fake-model' });

aLanguageModel('OpenAI', {
  start: startFakeOpenAi,
  model: modelOf,
  linesOf: (body) => (body as { messages: { role: string; content: string }[] }).messages.slice(1),
  readyStatuses: [403, 404, 405, 429],
});

let fake: FakeOpenAi;
beforeEach(async () => {
  fake = await startFakeOpenAi();
});
afterEach(() => fake.close());

const complete = (model = modelOf(fake), timeoutMs = 5_000) =>
  model.complete(PROMPT, { signal: AbortSignal.timeout(timeoutMs) });

describe('a request to OpenAI', () => {
  test('carries the system prompt, the tool, the key, and asks for a stream with its tokens', async () => {
    await complete();
    const [request] = fake.completions();
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(request?.body).toMatchObject({
      model: 'fake-model',
      messages: [{ role: 'system', content: 'Be kind.' }, {}, {}, {}, {}, {}],
      tools: [{ type: 'function', function: { name: 'end_call' } }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('works with a server that wants no key', async () => {
    const model = new OpenAiModel({ apiKey: '', baseURL: fake.baseURL, model: 'local' });
    await expect(complete(model)).resolves.toMatchObject({ end: false });
  });

  test('an account without money is told from one that asks too often', async () => {
    fake.script({ kind: 'status', status: 429, code: 'insufficient_quota' });
    await expect(complete()).rejects.toMatchObject({
      kind: 'rate-limit',
      retryable: false,
      isAccount: true,
    });
  });
});

describe('a server that cannot do everything', () => {
  const asked = () =>
    fake.completions().map(({ body }) => {
      const { tools, stream, stream_options: usage } = body as Record<string, unknown>;
      return [tools !== undefined, stream === true, usage !== undefined];
    });

  test.each<[Behaviour['kind'], boolean[]]>([
    ['no-tools', [false, true, true]],
    ['no-streams', [true, false, false]],
    ['no-usage', [true, true, false]],
  ])('%s: is asked again without, and never with it after that', async (kind, without) => {
    fake.always({ kind, text: 'Hello.' } as Behaviour);
    const model = modelOf(fake);
    expect(await complete(model)).toMatchObject({ text: 'Hello.' });
    expect(await complete(model)).toMatchObject({ text: 'Hello.' });
    expect(asked()).toEqual([[true, true, true], without, without]);
  });

  test('is asked without all that it refuses, one after the other', async () => {
    fake.always((body) => {
      if (body.stream_options) return { kind: 'no-usage', text: '' };
      return body.stream ? { kind: 'no-streams', text: '' } : { kind: 'no-tools', text: 'Hello.' };
    });
    expect(await complete()).toMatchObject({ text: 'Hello.', end: false });
    expect(asked().at(-1)).toEqual([false, false, false]);
  });

  test('a refusal for another reason is not taken for one', async () => {
    fake.script({ kind: 'status', status: 400, message: 'context too long' });
    await expect(complete()).rejects.toMatchObject({ kind: 'refused', retryable: false });
    expect(fake.completions()).toHaveLength(1);
  });

  test('tools are offered again when the request without them failed as well', async () => {
    const refusal: Behaviour = { kind: 'status', status: 400, message: 'tools not supported' };
    fake.script(refusal, { kind: 'status', status: 500 }, { kind: 'answer', text: 'Hi.' });
    const model = modelOf(fake);
    await expect(complete(model)).rejects.toMatchObject({ kind: 'unavailable' });
    await complete(model);
    expect(fake.completions().at(-1)?.body).toHaveProperty('tools');
  });
});

describe('a stream in a dialect', () => {
  const stream = (type: string, ...lines: string[]): Behaviour => ({
    kind: 'raw',
    contentType: type,
    body: lines.join('\n\n'),
  });
  const words = (content: string, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: finish }] })}`;

  test.each<[string, Behaviour]>([
    ['without [DONE]', stream('text/event-stream', words('Hi '), words('you.', 'stop'))],
    ['without a reason to end', stream('text/event-stream', words('Hi you.'), 'data: [DONE]')],
    ['of the wrong type', stream('text/plain', words('Hi '), words('you.', 'stop'))],
    [
      'with other ends of lines',
      {
        kind: 'raw',
        contentType: 'text/event-stream',
        body: `${words('Hi ')}\r\n\r\n${words('you.', 'stop')}\r\n\r\n`,
      },
    ],
  ])('%s is understood', async (_how, behaviour) => {
    fake.script(behaviour);
    expect(await complete()).toMatchObject({ text: 'Hi you.', end: false });
  });

  test('whole calls of tools without an index are understood', async () => {
    const call = { function: { name: 'end_call', arguments: { farewell: 'Bye.' } } };
    fake.script(
      stream(
        'text/event-stream',
        `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [call] } }] })}`,
        'data: [DONE]',
      ),
    );
    expect(await complete()).toMatchObject({ text: 'Bye.', end: true });
  });
});

describe('a whole turn over HTTP', () => {
  const orchestrator = () =>
    createOrchestrator({
      llm: 'openai',
      openai: { apiKey: KEY, baseURL: fake.baseURL, model: 'fake-model' },
      totalMs: 6_000,
      tryMs: 2_000,
      stallMs: 300,
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
    ['a stall in mid-answer', { kind: 'stall-in-body', text: 'Hello there you' }],
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
