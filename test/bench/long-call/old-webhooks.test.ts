import { expect, test } from '@jest/globals';
import { OldWebhooks } from '../../../src/bench/long-call/old-webhooks.ts';
import type { TimedAnswer } from '../../../src/bench/twilio-client.ts';

/** Answers to a URL as often as it is asked, the last answer again and again. */
function twilio(answers: Record<string, string[]>) {
  const asked: string[] = [];
  const post = async (url: string): Promise<TimedAnswer> => {
    asked.push(url);
    const left = answers[url] ?? [url];
    const body = (left.length > 1 ? left.shift() : left[0]) ?? '';
    return { status: 200, contentType: 'text/xml', body, ms: 1 };
  };
  return { asked, post };
}

test('the webhook before the last one is sent again, and its answers are compared', async () => {
  const client = twilio({ b: ['one thing', 'another'] });
  const turns: number[] = [];
  const old = new OldWebhooks(client, 2, (turn) => turns.push(turn));
  for (const url of ['a', 'b', 'c', 'd']) await old.post(url, []);
  expect(client.asked).toEqual(['a', 'b', 'a', 'c', 'd', 'c']);
  expect(old.counts()).toEqual({ sentAgain: 2, answeredDifferently: 0 });
  expect(turns).toEqual([0, 1, 2, 3]);
  const other = new OldWebhooks(client, 3, () => undefined);
  client.asked.length = 0;
  for (const url of ['a', 'b', 'c']) await other.post(url, []);
  expect(client.asked).toEqual(['a', 'b', 'c', 'b']);
  expect(other.counts()).toEqual({ sentAgain: 1, answeredDifferently: 0 });
});

test('an answer that differs is counted', async () => {
  const client = twilio({ a: ['one thing', 'another'] });
  const old = new OldWebhooks(client, 2, () => undefined);
  await old.post('a', []);
  await old.post('b', []);
  expect(old.counts()).toEqual({ sentAgain: 1, answeredDifferently: 1 });
});

test('long after the end the two newest are sent again that were answered with words', async () => {
  const client = twilio({ status: [''] });
  const old = new OldWebhooks(client, 100, () => undefined);
  for (const url of ['a', 'b', 'c', 'status']) await old.post(url, []);
  client.asked.length = 0;
  expect((await old.replayNewest()).map((answer) => answer?.body)).toEqual(['b', 'c']);
});
