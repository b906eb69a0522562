import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startFakeAnthropic, type Behaviour, type FakeAnthropic } from './fake-anthropic.ts';

let fake: FakeAnthropic;
beforeEach(async () => {
  fake = await startFakeAnthropic();
});
afterEach(() => fake.close());

const post = (body: object) =>
  fetch(`${fake.baseURL}/v1/messages`, { method: 'POST', body: JSON.stringify(body) });

describe('the fake of Anthropic', () => {
  test('streams named events, in the order of the protocol', async () => {
    fake.script({ kind: 'tool', text: 'one two', name: 'f', rawArguments: '{"a":1}' });
    const text = await (await post({ stream: true })).text();
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(text).toContain('"stop_reason":"tool_use"');
  });

  test('names its errors by their status', async () => {
    fake.script({ kind: 'status', status: 529, headers: { 'retry-after': '3' } });
    const response = await post({});
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toMatchObject({ error: { type: 'overloaded_error' } });
  });

  test.each<Behaviour>([
    { kind: 'cut', text: 'hello' },
    { kind: 'cut-stream', text: 'one two three four' },
  ])('breaks the connection in the body: %j', async (behaviour) => {
    fake.script(behaviour);
    const response = await post({ stream: behaviour.kind === 'cut-stream' });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  test('lists its models', async () => {
    expect((await fetch(`${fake.baseURL}/v1/models?limit=1`)).status).toBe(200);
    expect(fake.completions()).toHaveLength(0);
    expect(fake.log).toHaveLength(1);
  });
});
