import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startFakeOpenAi, type Behaviour, type FakeOpenAi } from './fake-openai.ts';

let fake: FakeOpenAi;
beforeEach(async () => {
  fake = await startFakeOpenAi();
});
afterEach(async () => {
  await fake.close();
});

const post = (body: object, signal?: AbortSignal) =>
  fetch(`${fake.baseURL}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

describe('the fake of a model vendor', () => {
  test('plays its script in order, and then its standing behaviour', async () => {
    fake.script({ kind: 'answer', text: 'first' }, { kind: 'status', status: 529 });
    fake.always(({ messages }) => ({ kind: 'answer', text: `${messages?.length} messages` }));
    const messages = [{ role: 'user', content: 'hi' }];
    const answers = [await post({ messages }), await post({ messages }), await post({ messages })];
    expect(answers.map(({ status }) => status)).toEqual([200, 529, 200]);
    expect(JSON.stringify(await answers[2]?.json())).toContain('1 messages');
    expect(fake.completions().map((entry) => entry.messages)).toEqual([1, 1, 1]);
  });

  test('streams word by word, with a pause between', async () => {
    fake.script({ kind: 'answer', text: 'one two three', betweenMs: 20 });
    const before = performance.now();
    const text = await (await post({ stream: true })).text();
    const words = [...text.matchAll(/"content":"(.*?)"/g)].map(([, word]) => word);
    expect(words).toEqual(['', 'one ', 'two ', 'three']);
    expect(text).toMatch(/"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/);
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
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

  test('lists its models, and knows no other paths', async () => {
    expect((await fetch(`${fake.baseURL}/models`)).status).toBe(200);
    expect((await fetch(`${fake.baseURL}/embeddings`)).status).toBe(404);
    expect(fake.log).toHaveLength(2);
  });

  test('closes also with a request under way', async () => {
    fake.script({ kind: 'stall' });
    const pending = post({});
    const failed = pending.then(
      () => false,
      () => true,
    );
    while (fake.completions().length === 0) await new Promise((done) => setTimeout(done, 2));
    await fake.close();
    expect(await failed).toBe(true);
    fake = await startFakeOpenAi();
  });
});
