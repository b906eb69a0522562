import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ownEnvironment } from '../../src/bench/bench-instance.ts';
import { replyTo, startInstantModel } from '../../src/bench/instant-model.ts';
import type { InstantModel } from '../../src/bench/instant-model.ts';
import { demoConfig } from '../../src/demo/demo-config.ts';
import { OpenAiModel } from '../../src/orchestrator/providers/openai.ts';

describe('the model that answers at once', () => {
  let server: InstantModel;
  beforeEach(async () => {
    server = await startInstantModel();
  });
  afterEach(() => server.close());

  const call = { startedAt: '', timeZone: 'UTC', language: 'en', apology: '' };
  const ask = (words: string) =>
    new OpenAiModel({ apiKey: '', baseURL: server.baseUrl, model: 'any' }).complete(
      { system: 'Be kind.', messages: [{ role: 'user', content: words }], call },
      { signal: AbortSignal.timeout(5000) },
    );

  test('says the last words back to the real client', async () => {
    expect(await ask('a table for two')).toMatchObject({
      text: replyTo('a table for two'),
      end: false,
    });
  });

  test('counts as ready, and only completions are timed', async () => {
    const model = new OpenAiModel({ apiKey: '', baseURL: server.baseUrl, model: 'any' });
    await model.ready(AbortSignal.timeout(5000));
    expect(server.timesMs).toHaveLength(0);
    await ask('hello');
    expect(server.timesMs).toHaveLength(1);
    server.reset();
    expect(server.timesMs).toHaveLength(0);
  });
});

describe('the environment of a benchmark', () => {
  const real = {
    PATH: '/bin',
    HOME: '/home/someone',
    DATABASE_URL: 'postgres://real.example.com/calls',
    TEMPORAL_ADDRESS: 'temporal.example.com:7233',
    TEMPORAL_NAMESPACE: 'production',
    OPENAI_API_KEY: 'sk-a-real-key',
    VOCA_SECRET_KEY: 's'.repeat(40),
    NODE_ENV: 'production',
  };

  test('keeps what programs need and nothing of the real configuration', () => {
    const own = ownEnvironment(real, 'http://127.0.0.1:1/v1');
    expect(own).toMatchObject({ PATH: '/bin', HOME: '/home/someone', VOCA_LLM: 'openai' });
    const text = JSON.stringify(own);
    for (const word of ['example.com', 'production', 'sk-a-real-key', 'ssss']) {
      expect(text).not.toContain(word);
    }
  });

  test('makes a configuration with servers of its own', () => {
    const simulatorUrl = 'http://127.0.0.1:1/v1';
    const own = ownEnvironment(real, simulatorUrl);
    const made = demoConfig(own, {
      authToken: 'a'.repeat(32),
      port: 20_000,
      simulatorUrl,
      dataDir: '/x',
    });
    expect(made.config.database.url).toBeUndefined();
    expect(made.config.temporal.address).toBeUndefined();
    expect(made.config.models).toMatchObject({
      llm: ['openai'],
      openai: { baseUrl: simulatorUrl },
    });
  });
});
