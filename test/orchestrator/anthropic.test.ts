import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AnthropicModel } from '../../src/orchestrator/providers/anthropic.ts';
import { startFakeAnthropic, type FakeAnthropic } from '../fakes/fake-anthropic.ts';
import { aLanguageModel, KEY, PROMPT } from './conformance.ts';

const modelOf = ({ baseURL }: { baseURL: string }) =>
  new AnthropicModel({ apiKey: KEY, baseURL, model: 'fake-model' });

aLanguageModel('Anthropic', {
  start: startFakeAnthropic,
  model: modelOf,
  linesOf: (body) => (body as { messages: { role: string; content: string }[] }).messages,
  readyStatuses: [403, 404, 405, 429, 529],
});

describe('what is special to Anthropic', () => {
  let fake: FakeAnthropic;
  beforeEach(async () => {
    fake = await startFakeAnthropic();
  });
  afterEach(() => fake.close());
  const complete = () => modelOf(fake).complete(PROMPT, { signal: AbortSignal.timeout(5_000) });
  const stream = (...events: object[]) => ({
    kind: 'raw' as const,
    contentType: 'text/event-stream; charset=utf-8',
    body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
  });

  test('a request has the system prompt, the key, the version and a limit of tokens', async () => {
    await complete();
    const [request] = fake.completions();
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'anthropic-version': expect.any(String),
    });
    expect(request?.body).toMatchObject({
      model: 'fake-model',
      system: 'Be kind.',
      max_tokens: expect.any(Number),
      stream: true,
      tools: [{ name: 'end_call', input_schema: { type: 'object' } }],
    });
  });

  test('a model that must think is asked again, and left to think after that', async () => {
    const message = 'thinking.type: "disabled" is not supported by this model';
    fake.script({ kind: 'status', status: 400, message });
    const model = modelOf(fake);
    for (let count = 0; count < 2; count += 1) {
      await model.complete(PROMPT, { signal: AbortSignal.timeout(5_000) });
    }
    const thoughts = fake.completions().map(({ body }) => (body as { thinking?: object }).thinking);
    expect(thoughts).toEqual([{ type: 'disabled' }, undefined, undefined]);
  });

  test('thoughts are not said, cached tokens are counted, and an unknown block is passed over', async () => {
    fake.script(
      stream(
        {
          type: 'message_start',
          message: { model: 'm', usage: { input_tokens: 5, cache_read_input_tokens: 100 } },
        },
        {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'thinking', thinking: '' },
        },
        {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'thinking_delta', thinking: 'hm' },
        },
        { type: 'content_block_start', index: 1, content_block: { type: 'picture', of: 'a cat' } },
        { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Yes.' } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
        { type: 'message_stop' },
      ),
    );
    expect(await complete()).toEqual({
      text: 'Yes.',
      end: false,
      model: 'm',
      tokens: { prompt: 105, completion: 9 },
    });
  });

  test('the words before a refusal are not said', async () => {
    fake.script(
      stream(
        { type: 'message_start', message: { model: 'm' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Sure, ' } },
        { type: 'message_delta', delta: { stop_reason: 'refusal' } },
        { type: 'message_stop' },
      ),
    );
    await expect(complete()).rejects.toMatchObject({ kind: 'bad-answer' });
  });

  test('an account without credit is told from a request that is wrong', async () => {
    const message = 'Your credit balance is too low to access the API.';
    fake.script({ kind: 'status', status: 400, message });
    await expect(complete()).rejects.toMatchObject({ kind: 'refused', isAccount: true });
  });
});
