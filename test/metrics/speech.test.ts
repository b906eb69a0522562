/** What is counted of recognisers and voices. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { countSpeechTry, watchSpeechBreakers } from '../../src/metrics/speech-metrics.ts';
import { registry } from '../../src/metrics/registry.ts';
import { valueOf } from './exposition.ts';

beforeEach(() => registry.resetMetrics());

async function value(name: string, labels: Record<string, string>): Promise<number | undefined> {
  return valueOf(await registry.metrics(), name, labels);
}

describe('a question to a speech service', () => {
  test('is counted under its provider, and no model becomes a label', async () => {
    const question = { name: 'deepgram/secret-model', outcome: 'answered', ms: 250 } as const;
    countSpeechTry('recogniser', { ...question, provider: 'deepgram' });
    countSpeechTry('voice', { ...question, provider: 'an assistant wrote this' });
    const name = 'voca_speech_try_duration_seconds_sum';
    const labels = { part: 'recogniser', provider: 'deepgram', outcome: 'answered' };
    expect(await value(name, labels)).toBe(0.25);
    const other = { part: 'voice', provider: 'other', outcome: 'answered' };
    expect(await value(name, other)).toBe(0.25);
    expect(await registry.metrics()).not.toMatch(/secret-model|wrote this/);
  });

  test('shows which providers are left alone', async () => {
    watchSpeechBreakers('recogniser', () => [
      { provider: 'deepgram', state: 'open' },
      { provider: 'openai', state: 'closed' },
    ]);
    const name = 'voca_speech_breaker_open';
    expect(await value(name, { part: 'recogniser', provider: 'deepgram' })).toBe(1);
    expect(await value(name, { part: 'recogniser', provider: 'openai' })).toBe(0);
  });
});
