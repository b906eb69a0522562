import { expect, test } from '@jest/globals';
import { loadConfig } from '../src/config.ts';
import { createLogger } from '../src/log.ts';
import { createSpeechServices } from '../src/speech-services.ts';
import { murmur } from './speech/caller-audio.ts';
import { Listening } from './speech/listening.ts';

const env = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'a'.repeat(32),
  TWILIO_PHONE_NUMBER: '+15005550006',
  TWILIO_WEBHOOK_URL: 'https://voice.example.com',
};

function services(more: Record<string, string>) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ level: 'info', role: 'media', destination });
  return { lines, ...createSpeechServices(loadConfig({ ...env, ...more }), log) };
}

test('speech services are those of the configuration', () => {
  const keys = { DEEPGRAM_API_KEY: 'canary-key', OPENAI_API_KEY: 'canary-key' };
  const { recognisers, voices } = services({ ...keys, VOCA_STT: 'openai,deepgram' });
  expect(recognisers(undefined).name).toBe('openai/gpt-4o-mini-transcribe');
  expect(recognisers([{ provider: 'deepgram' }]).name).toBe('deepgram/nova-3');
  expect(recognisers.breakers().map(({ provider }) => provider)).toEqual([
    'demo',
    'deepgram',
    'openai',
  ]);
  expect(voices(undefined).name).toContain('demo');
});

test('a vendor without a key is not asked', async () => {
  const { recognisers } = services({});
  const caller = new Listening(recognisers([{ provider: 'deepgram' }]));
  expect((await caller.failed()).error).toMatchObject({ kind: 'refused' });
});

test('an operator whose callers are not understood is told so, once', () => {
  const { recognisers, lines } = services({});
  new Listening(recognisers(undefined)).say(murmur(30_000));
  expect(lines.filter((line) => line.includes('VOCA_STT'))).toHaveLength(1);
});

test('an operator who names a voice of this machine that is not there is told so', () => {
  const told = (PATH: string) =>
    services({ VOCA_TTS: 'local', PATH }).lines.filter((line) => line.includes('flite')).length;
  expect(told('/nowhere')).toBe(1);
  expect(services({ PATH: '/nowhere' }).lines).toEqual([]);
});
