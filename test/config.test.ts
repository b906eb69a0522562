import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { configDocs, envExample } from '../src/config-docs.ts';
import { childEnv } from '../src/child-env.ts';
import { ConfigError, loadConfig, readEnvironment } from '../src/config.ts';
import type { Environment } from '../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'voca-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const good: Environment = {
  TWILIO_ACCOUNT_SID: `AC${'a1'.repeat(16)}`,
  TWILIO_AUTH_TOKEN: 'canary-auth-token',
  TWILIO_PHONE_NUMBER: '+15005550006',
  TWILIO_WEBHOOK_URL: 'https://voice.example.com/voca/',
};
const secretKey = 'k'.repeat(44);

function errorOf(env: Environment, role?: 'api' | 'worker'): ConfigError {
  try {
    loadConfig(env, { role });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return new ConfigError([]);
}

function faultsOf(env: Environment, role?: 'api' | 'worker'): Record<string, string> {
  const { faults } = errorOf(env, role);
  return Object.fromEntries(faults.map((each) => [each.variable, each.problem]));
}

describe('loadConfig', () => {
  test('takes the four Twilio variables and fills in the defaults', () => {
    const config = loadConfig(good);
    expect(config.twilio).toMatchObject({
      accountSid: good['TWILIO_ACCOUNT_SID'],
      authToken: 'canary-auth-token',
      phoneNumber: '+15005550006',
      webhookUrl: 'https://voice.example.com/voca',
    });
    expect(config.listen).toMatchObject({
      host: '127.0.0.1',
      port: 5000,
      metricsHost: '127.0.0.1',
      metricsPort: 9464,
    });
    expect(config.temporal).toMatchObject({ namespace: 'default', tls: false });
    expect(config.models.llm).toEqual(['demo']);
    expect(config.webhooks.allowLocal).toBe(false);
    expect(config.rest.logLevel).toBe('info');
    expect(config.rest.dataDir).toBeUndefined();
  });

  test('names every missing variable at once, with what it is for and how it looks', () => {
    const faults = faultsOf({ NODE_ENV: 'production', VOCA_LLM: 'openai' });
    expect(Object.keys(faults).sort()).toEqual([
      'OPENAI_API_KEY',
      'OPENAI_MODEL',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_PHONE_NUMBER',
      'TWILIO_WEBHOOK_URL',
      'VOCA_SECRET_KEY',
    ]);
    expect(faults['TWILIO_PHONE_NUMBER']).toMatch(
      /is missing\. It is for: .+ It should be: E\.164/,
    );
  });

  test('takes a list of language models, and wants key and model of each', () => {
    const keys = {
      OPENAI_API_KEY: 'canary-openai',
      OPENAI_MODEL: 'm',
      ANTHROPIC_API_KEY: 'canary-anthropic',
      ANTHROPIC_MODEL: 'c',
    };
    const config = loadConfig({ ...good, ...keys, VOCA_LLM: 'openai, anthropic' });
    expect(config.models.llm).toEqual(['openai', 'anthropic']);
    expect(config.models.anthropic).toMatchObject({ apiKey: 'canary-anthropic', model: 'c' });
    expect(config.warnings.join()).not.toMatch(/ANTHROPIC/);
    expect(Object.keys(faultsOf({ ...good, VOCA_LLM: 'anthropic,demo' })).sort()).toEqual([
      'ANTHROPIC_API_KEY',
      'ANTHROPIC_MODEL',
    ]);
    const half = { ...good, ...keys, OPENAI_MODEL: '', VOCA_LLM: 'openai,anthropic' };
    expect(Object.keys(faultsOf(half))).toEqual(['OPENAI_MODEL']);
  });

  test('takes a list of recognisers, and needs the keys of them all', () => {
    const keys = { DEEPGRAM_API_KEY: 'canary-deepgram', OPENAI_API_KEY: 'canary-openai' };
    const config = loadConfig({ ...good, ...keys, VOCA_STT: 'deepgram, openai' });
    expect(config.models.stt).toEqual(['deepgram', 'openai']);
    expect(config.models.deepgram).toMatchObject({
      apiKey: 'canary-deepgram',
      sttModel: 'nova-3',
    });
    expect(config.models.openai.sttModel).toBe('gpt-4o-mini-transcribe');
    expect(Object.keys(faultsOf({ ...good, VOCA_STT: 'deepgram,demo,openai' })).sort()).toEqual([
      'DEEPGRAM_API_KEY',
      'OPENAI_API_KEY',
    ]);
    expect(loadConfig(good).models.stt).toEqual(['demo']);
  });

  test('takes a list of voices, and needs the keys of them all', () => {
    const keys = { ELEVENLABS_API_KEY: 'canary-elevenlabs', DEEPGRAM_API_KEY: 'canary-deepgram' };
    const env = { ...good, ...keys, PATH: '/usr/bin', VOCA_LOCAL_VOICE: 'flite/kal16' };
    const { models } = loadConfig({ ...env, VOCA_TTS: 'elevenlabs, deepgram, local' });
    expect(models.tts).toEqual(['elevenlabs', 'deepgram', 'local']);
    expect(models.elevenlabs).toMatchObject({
      apiKey: 'canary-elevenlabs',
      model: 'eleven_flash_v2_5',
      voice: 'JBFqnCBsd6RMkjVDRZzb',
    });
    expect(models.deepgram.ttsModel).toBe('aura-2-thalia-en');
    expect(models.openai).toMatchObject({ ttsModel: 'gpt-4o-mini-tts', ttsVoice: 'alloy' });
    expect(models.local).toEqual({ voice: 'flite/kal16', path: '/usr/bin' });
    const none = { ...good, VOCA_TTS: 'elevenlabs,deepgram,openai,demo' };
    expect(Object.keys(faultsOf(none)).sort()).toEqual([
      'DEEPGRAM_API_KEY',
      'ELEVENLABS_API_KEY',
      'OPENAI_API_KEY',
    ]);
    expect(loadConfig(good).models.tts).toEqual(['demo']);
  });

  test('counts an empty value as not set', () => {
    expect(Object.keys(faultsOf({ ...good, TWILIO_AUTH_TOKEN: '' }))).toEqual([
      'TWILIO_AUTH_TOKEN',
    ]);
    expect(loadConfig({ ...good, PORT: '', VOCA_LLM: '' }).listen.port).toBe(5000);
  });

  test('never repeats a value that is wrong, whichever variable it stands in', () => {
    const canary = 'can ary\nvalue';
    for (const { name } of configDocs) {
      if (name === 'NODE_ENV') continue;
      const bad = name.endsWith('_PATH') || name === 'VOCA_DATA_DIR' ? `\n${canary}` : canary;
      const error = errorOf({ ...good, [name]: bad });
      expect(error.message).toContain(name);
      expect(inspect(error)).not.toContain('can ary');
    }
  });

  test.each<[string, string]>([
    ['TWILIO_ACCOUNT_SID', 'AC123'],
    ['TWILIO_ACCOUNT_SID', `SK${'a1'.repeat(16)}`],
    ['TWILIO_PHONE_NUMBER', '15005550006'],
    ['TWILIO_PHONE_NUMBER', '+1 500 555 0006'],
    ['TWILIO_PHONE_NUMBER', '+0123456789'],
    ['TWILIO_WEBHOOK_URL', 'voice.example.com'],
    ['TWILIO_WEBHOOK_URL', 'ftp://voice.example.com'],
    ['TWILIO_WEBHOOK_URL', 'https://user:pw@voice.example.com'],
    ['TWILIO_WEBHOOK_URL', 'https://voice.example.com/?a=b'],
    ['TWILIO_WEBHOOK_URL', 'https://voice.example.com/#ct=1'],
    ['TWILIO_WEBHOOK_URL', 'https://voice_1.example.com'],
    ['TWILIO_WEBHOOK_URL', 'https://voice.example.com/a b'],
    ['TWILIO_WEBHOOK_URL', 'https://voice.example.com//double'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '5e3'],
    ['VOCA_MEDIA_HOST', 'media:5001'],
    ['VOCA_MEDIA_HOST', 'wss://media'],
    ['METRICS_PORT', '0.0.0.0'],
    ['METRICS_PORT', '0'],
    ['VOCA_TRUSTED_PROXIES', 'proxy.example.com'],
    ['VOCA_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'canary'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'key=%zz'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['TEMPORAL_ADDRESS', 'localhost'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['TEMPORAL_TLS', 'yes'],
    ['DATABASE_URL', 'mysql://localhost/voca'],
    ['VOCA_LLM', 'claude'],
    ['VOCA_STT', 'whisper'],
    ['VOCA_STT', 'demo,demo'],
    ['DEEPGRAM_STT_MODEL', 'nova 3'],
    ['VOCA_TTS', 'polly'],
    ['VOCA_TTS', 'local,local'],
    ['ELEVENLABS_VOICE', '../user'],
    ['VOCA_LOCAL_VOICE', 'flite/-o'],
    ['VOCA_LOCAL_VOICE', 'espeak-ng/../x'],
    ['VOCA_LOCAL_VOICE', 'say'],
    ['VOCA_LLM', 'openai,,demo'],
    ['VOCA_LLM', 'demo,demo'],
    ['VOCA_SECRET_KEY', 'short'],
    ['VOCA_SECRET_KEY', `${secretKey},${secretKey}`],
    ['VOCA_SECRET_KEY', `${secretKey},`],
    ['VOCA_DATA_DIR', 'relative/folder'],
    ['LOG_LEVEL', 'verbose'],
    ['VOCA_WORKER_VERSIONING', 'on'],
    ['VOCA_BUILD_ID', 'a b'],
    ['VOCA_BUILD_ID', `a${'b'.repeat(64)}`],
    ['VOCA_RECONCILE', '4'],
    ['VOCA_RECONCILE', '3601'],
    ['VOCA_RECONCILE', '0'],
    ['VOCA_CHECK_NUMBERS', '0'],
    ['VOCA_CHECK_NUMBERS', '1441'],
    ['VOCA_CHECK_NUMBERS', 'never'],
    ['VOCA_RETENTION', '4'],
    ['VOCA_RETENTION', '86401'],
  ])('refuses %s=%s', (name, value) => {
    expect(Object.keys(faultsOf({ ...good, [name]: value }))).toEqual([name]);
  });

  test.each<[string, string]>([
    ['TWILIO_WEBHOOK_URL', 'http://localhost:5000'],
    ['TWILIO_WEBHOOK_URL', 'https://Voice.Example.com:8443/a/b'],
    ['TEMPORAL_ADDRESS', '[::1]:7233'],
    ['DATABASE_URL', 'postgres:///voca?host=/tmp'],
    ['METRICS_PORT', '[::]:9100'],
    ['METRICS_PORT', 'off'],
    ['VOCA_TRUSTED_PROXIES', '10.0.0.0/8, 2001:db8::1'],
    ['VOCA_BUILD_ID', '2026-11-24.1_8c1f3a9'],
    ['VOCA_RECONCILE', 'off'],
    ['VOCA_RECONCILE', '5'],
    ['VOCA_CHECK_NUMBERS', 'off'],
    ['VOCA_CHECK_NUMBERS', '1440'],
    ['VOCA_RETENTION', 'off'],
    ['VOCA_RETENTION', '86400'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318/'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-key=a%20b=,y=1'],
    ['OTEL_TRACES_SAMPLER_ARG', '0.05'],
  ])('accepts %s=%s', (name, value) => {
    expect(faultsOf({ ...good, [name]: value })).toEqual({});
  });

  test('wants https and a secret key in production', () => {
    const faults = faultsOf({
      ...good,
      NODE_ENV: 'production',
      TWILIO_WEBHOOK_URL: 'http://voice.example.com',
      TWILIO_API_BASE_URL: 'http://simulator.example.com',
      VOCA_ALLOW_LOCAL_WEBHOOKS: 'true',
    });
    expect(Object.keys(faults).sort()).toEqual([
      'TWILIO_API_BASE_URL',
      'TWILIO_WEBHOOK_URL',
      'VOCA_ALLOW_LOCAL_WEBHOOKS',
      'VOCA_SECRET_KEY',
    ]);
    const production = { ...good, NODE_ENV: 'production', VOCA_SECRET_KEY: secretKey };
    expect(loadConfig(production).production).toBe(true);
    expect(faultsOf({ ...production, TWILIO_API_BASE_URL: 'http://127.0.0.1:4010' })).toEqual({});
  });

  test('warns without a secret key outside production, and of typos', () => {
    const { warnings } = loadConfig({
      ...good,
      VOCA_LMM: 'openai',
      VOCA_TSS: 'canary',
    });
    expect(warnings.join('\n')).toMatch(/VOCA_SECRET_KEY[^]*VOCA_LMM[^]*VOCA_TSS/);
    expect(warnings.join('\n')).not.toContain('canary');
    expect(loadConfig({ ...good, VOCA_SECRET_KEY: secretKey }).warnings).toEqual([]);
  });

  test.each([
    'OPENAI_BASE_URL',
    'ANTHROPIC_BASE_URL',
    'DEEPGRAM_BASE_URL',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ])('warns in production of a plain %s beyond this machine', (name) => {
    const warningsOf = (address: string, mode = 'production') =>
      loadConfig({
        ...good,
        NODE_ENV: mode,
        VOCA_SECRET_KEY: secretKey,
        [name]: address,
      }).warnings.filter((warning) => warning.startsWith(name));
    expect(warningsOf('http://canary.example.com/v1')).toEqual([
      expect.stringContaining('without TLS'),
    ]);
    expect(warningsOf('HTTP://10.0.0.7:8000/v1')).toHaveLength(1);
    expect(warningsOf('http://canary.example.com/v1').join()).not.toContain('canary');
    expect(warningsOf('https://api.example.com/v1')).toEqual([]);
    expect(warningsOf('http://example.com/v1', 'development')).toEqual([]);
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(warningsOf(`http://${host}:8080/v1`)).toEqual([]);
    }
  });

  test('takes a list of secret keys, the sealing one first', () => {
    const older = 'o'.repeat(32);
    const config = loadConfig({ ...good, VOCA_SECRET_KEY: `${secretKey}, ${older}` });
    expect(config.rest.secretKeys).toEqual([secretKey, older]);
  });

  test('takes an API key only as a pair', () => {
    const sid = `SK${'b2'.repeat(16)}`;
    expect(Object.keys(faultsOf({ ...good, TWILIO_API_KEY_SID: sid }))).toEqual([
      'TWILIO_API_KEY_SECRET',
    ]);
    expect(Object.keys(faultsOf({ ...good, TWILIO_API_KEY_SECRET: 'secret-secret' }))).toEqual([
      'TWILIO_API_KEY_SID',
    ]);
    const both = { ...good, TWILIO_API_KEY_SID: sid, TWILIO_API_KEY_SECRET: 'secret-secret' };
    expect(loadConfig(both).twilio.apiKey).toEqual({ sid, secret: 'secret-secret' });
  });

  test('wants the servers of a role that runs alone', () => {
    expect(Object.keys(faultsOf(good, 'api'))).toEqual(['TEMPORAL_ADDRESS']);
    expect(Object.keys(faultsOf(good, 'worker'))).toEqual(['TEMPORAL_ADDRESS', 'DATABASE_URL']);
  });

  test('lets the command line do without Twilio, though not with a bad value', () => {
    expect(loadConfig({}, { role: 'cli' }).twilio.accountSid).toBeUndefined();
    expect(() => loadConfig({ PORT: 'x' }, { role: 'cli' })).toThrow(ConfigError);
  });

  test('is frozen throughout and shows nothing when it is printed', () => {
    const config = loadConfig({ ...good, DATABASE_URL: 'postgres://u:canary-pw@db/voca' });
    expect(() => Object.assign(config.twilio, { authToken: 'x' })).toThrow(TypeError);
    expect(() => config.warnings.push('x')).toThrow(TypeError);
    expect(`${JSON.stringify(config)}${inspect(config, { depth: 9 })}`).not.toContain('canary');
    expect(`${JSON.stringify({ config })}${inspect(config.twilio)}`).not.toContain('canary');
  });
});

describe('TLS to Temporal', () => {
  const certificate = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----';
  const key = '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----';

  test('is on with an API key and off when told so', () => {
    expect(loadConfig({ ...good, TEMPORAL_API_KEY: 'cloud-api-key' }).temporal.tls).toBe(true);
    const off = { ...good, TEMPORAL_API_KEY: 'cloud-api-key', TEMPORAL_TLS: 'false' };
    expect(loadConfig(off).temporal.tls).toBe(false);
  });

  test('takes certificates from files and from text', () => {
    const path = join(folder, 'client.pem');
    writeFileSync(path, certificate);
    const { tls } = loadConfig({
      ...good,
      TEMPORAL_TLS_CLIENT_CERT_PATH: path,
      TEMPORAL_TLS_CLIENT_KEY_DATA: key,
      TEMPORAL_TLS_SERVER_NAME: 'temporal.example.com',
    }).temporal;
    expect(tls).toEqual({
      clientCertPair: { crt: Buffer.from(certificate), key: Buffer.from(key) },
      serverNameOverride: 'temporal.example.com',
    });
  });

  test('names a file that cannot be read and a missing counterpart', () => {
    const faults = faultsOf({
      ...good,
      TEMPORAL_TLS_CLIENT_CERT_PATH: join(folder, 'canary-missing.pem'),
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'canary-missing.pem'),
    });
    expect(faults['TEMPORAL_TLS_CLIENT_CERT_PATH']).toContain('ENOENT');
    expect(faults['TEMPORAL_TLS_SERVER_CA_CERT_PATH']).toContain('ENOENT');
    expect(faults['TEMPORAL_TLS_CLIENT_KEY_PATH']).toContain('is missing');
    expect(JSON.stringify(faults)).not.toContain('canary');
  });
});

describe('the environment', () => {
  test('is completed from .env, and wins over it even when empty', () => {
    writeFileSync(join(folder, '.env'), 'VOCA_TEST_A=file\nVOCA_TEST_B=file\nVOCA_TEST_C="a b"\n');
    process.env['VOCA_TEST_A'] = 'real';
    process.env['VOCA_TEST_B'] = '';
    try {
      expect(readEnvironment(folder)).toMatchObject({
        VOCA_TEST_A: 'real',
        VOCA_TEST_B: '',
        VOCA_TEST_C: 'a b',
      });
      expect(process.env['VOCA_TEST_C']).toBeUndefined();
    } finally {
      delete process.env['VOCA_TEST_A'];
      delete process.env['VOCA_TEST_B'];
    }
  });

  test('does without a .env, and refuses one that cannot be read', () => {
    expect(readEnvironment(join(folder, 'nowhere'))['PATH']).toBe(process.env['PATH']);
    const odd = mkdtempSync(join(folder, 'odd-'));
    expect(() => readEnvironment(join(odd, '..', '.env'))).toThrow(ConfigError);
  });

  test('of a child holds what VOCA knows and what any process needs, nothing else', () => {
    const env = {
      ...good,
      PATH: '/bin',
      HOME: '/home/v',
      AWS_SECRET: 'canary',
      VOCA_TYPO: 'canary',
      VOCA_API_KEY: 'voca_live_canary',
    };
    const child = childEnv(env, { PORT: '0' });
    expect(child).toMatchObject({ ...good, PATH: '/bin', HOME: '/home/v', PORT: '0' });
    expect(child['OPENAI_API_KEY']).toBe('');
    // Set, so that it is not read from a file either.
    expect(child['VOCA_API_KEY']).toBe('');
    expect(JSON.stringify(child)).not.toContain('canary"');
  });
});

test('.env.example is what the table of variables makes of it', () => {
  const path = join(import.meta.dirname, '..', '.env.example');
  if (process.env['UPDATE_ENV_EXAMPLE'] === '1') writeFileSync(path, envExample());
  expect(readFileSync(path, 'utf8')).toBe(envExample());
});
