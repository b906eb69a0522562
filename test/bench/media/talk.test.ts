import { afterEach, describe, expect, test } from '@jest/globals';
import { startModelServer } from '../../../src/bench/media/model-server.ts';
import type { ModelServer } from '../../../src/bench/media/model-server.ts';
import {
  ALL_WORDS,
  answerTo,
  isBeginningOf,
  isSame,
  STORIES,
} from '../../../src/bench/media/talk.ts';
import { formOf } from '../../../src/media/turns/word-forms.ts';

describe('what callers say', () => {
  test('ends like a sentence, as the critical path takes for granted', () => {
    expect(ALL_WORDS.filter((words) => formOf(words, 'en-US') !== 'sentence')).toEqual([]);
  });

  test('is answered with the same words, or at length', () => {
    expect(answerTo('Is it open?')).toContain('Is it open?');
    for (const story of STORIES) expect(answerTo(story).length).toBeGreaterThan(300);
  });

  test('is compared to the word', () => {
    expect(isBeginningOf('one two three', 'one  two')).toBe(true);
    expect(isBeginningOf('one two three', '')).toBe(true);
    expect(isBeginningOf('one two three', 'two')).toBe(false);
    expect(isBeginningOf('one two', 'one two three')).toBe(false);
    expect(isSame('one two', ' one\ntwo ')).toBe(true);
    expect(isSame('one two', 'one')).toBe(false);
  });
});

describe('the model', () => {
  let model: ModelServer | undefined;
  afterEach(() => model?.close());

  test('keeps its time to the first token, then says all of it', async () => {
    model = await startModelServer(150);
    const startedAt = performance.now();
    const response = await ask(model, true);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(performance.now() - startedAt).toBeGreaterThan(145);
    let text = Buffer.from(first?.value ?? []).toString('utf8');
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      text += Buffer.from(next.value).toString('utf8');
    }
    const events = text.split('\n\n').filter((each) => each.startsWith('data: {'));
    const chunks = events.map(
      (event) => JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] },
    );
    const said = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(said).toBe(answerTo('Is it open?'));
  });

  test('also answers in one piece, as for summaries', async () => {
    model = await startModelServer(5_000);
    const body = (await (await ask(model, false)).json()) as { choices: unknown[] };
    expect(body.choices).toHaveLength(1);
  });
});

function ask({ baseUrl }: ModelServer, stream: boolean): Promise<Response> {
  const messages = [{ role: 'user', content: 'Is it open?' }];
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ messages, stream }),
  });
}
