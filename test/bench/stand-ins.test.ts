/** What stands in for Twilio and for the model, asked by the product's own clients. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { replyTo } from '../../src/bench/instant-model.ts';
import { startDrillModel } from '../../src/bench/recovery/drill-model.ts';
import type { DrillModel } from '../../src/bench/recovery/drill-model.ts';
import { startStubTwilio } from '../../src/bench/stub-twilio.ts';
import { OpenAiModel } from '../../src/orchestrator/providers/openai.ts';
import { createCarrierLine } from '../../src/twilio/rest-live-calls.ts';
import { createCarrier } from '../../src/twilio/rest.ts';
import { createUrls } from '../../src/twilio/urls.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

describe('the Twilio of a load test', () => {
  test('says of every call that it goes on, and lists none', async () => {
    const twilio = await startStubTwilio();
    closing.push(twilio);
    const options = {
      accountSid: `AC${'0'.repeat(32)}`,
      authToken: 'token',
      baseUrl: twilio.baseUrl,
      timeoutMs: 5000,
      urls: createUrls('https://voice.example.com'),
    };
    const callSid = `CA${'1'.repeat(32)}`;
    expect(await createCarrier(options).fetchCall(callSid)).toMatchObject({
      callSid,
      status: 'in-progress',
    });
    expect(await createCarrierLine(options).listLive()).toEqual([]);
  });
});

describe('the model of a drill', () => {
  const call = { startedAt: '', timeZone: 'UTC', language: 'en', apology: '' };
  const ask = ({ baseUrl }: DrillModel, words: string, signal = AbortSignal.timeout(5000)) =>
    new OpenAiModel({ apiKey: '', baseURL: baseUrl, model: 'any' }).complete(
      { system: 'Be kind.', messages: [{ role: 'user', content: words }], call },
      { signal },
    );

  test('answers when it has thought, and keeps what it was asked', async () => {
    const model = await startDrillModel();
    closing.push(model);
    model.thinkMs = 200;
    const startedAt = performance.now();
    expect(await ask(model, 'soup')).toMatchObject({ text: replyTo('soup') });
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    expect(model.requests).toMatchObject([
      { lastUser: 'soup', outcome: 'answered', answer: replyTo('soup') },
    ]);
  });

  test('knows of a question that nobody waited for', async () => {
    const model = await startDrillModel();
    closing.push(model);
    model.thinkMs = 300;
    const leaving = new AbortController();
    const asked = ask(model, 'soup', leaving.signal);
    const end = Date.now() + 5000;
    while (model.requests.length === 0 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    leaving.abort();
    await expect(asked).rejects.toBeInstanceOf(Error);
    while (model.requests[0]?.outcome === 'open' && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(model.requests).toMatchObject([{ lastUser: 'soup', outcome: 'aborted' }]);
    expect(model.requests[0]).not.toHaveProperty('answer');
  });
});
