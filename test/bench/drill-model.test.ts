import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDrillModel } from '../../src/bench/recovery/drill-model.ts';
import type { DrillModel } from '../../src/bench/recovery/drill-model.ts';
import { answerTo, sentenceOf } from '../../src/bench/recovery/media-talk.ts';
import { replyTo } from '../../src/bench/instant-model.ts';

let model: DrillModel;
beforeAll(async () => {
  model = await startDrillModel();
});
afterAll(() => model.close());

async function answerOf(words: string): Promise<string> {
  const response = await fetch(`${model.baseUrl}/chat/completions`, {
    method: 'POST',
    // As every call asks, whatever it is led over.
    body: JSON.stringify({ stream: true, messages: [{ role: 'user', content: words }] }),
  });
  return await response.text();
}

test('a call over TwiML is answered with the reply that its caller waits for', async () => {
  const words = 'guest-7 wants dish 3';
  const whole = JSON.parse(await answerOf(words)) as {
    choices: { message: { content: string } }[];
  };
  expect(whole.choices[0]?.message.content).toBe(replyTo(words));
  expect(model.requests.at(-1)).toMatchObject({ answer: replyTo(words), outcome: 'answered' });
});

test('a caller on a stream is answered at length, in events', async () => {
  const words = sentenceOf(3, 5);
  expect(await answerOf(words)).toContain(JSON.stringify(answerTo(words)));
  expect(model.requests.at(-1)).toMatchObject({ answer: answerTo(words) });
});
