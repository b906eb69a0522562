import { describe, expect, test } from '@jest/globals';
import { DEMO_NUMBER, demoAuthToken, demoConfig } from '../../src/demo/demo-config.ts';

const demo = {
  authToken: demoAuthToken(),
  port: 5050,
  simulatorUrl: 'http://127.0.0.1:6000',
  dataDir: '/var/tmp/a-demo',
};

describe('the configuration of the demo', () => {
  test('needs nothing of the environment', () => {
    const { config } = demoConfig({}, demo);
    expect(config.twilio).toMatchObject({
      phoneNumber: DEMO_NUMBER,
      webhookUrl: 'http://127.0.0.1:5050',
      apiBaseUrl: 'http://127.0.0.1:6000',
    });
    expect(config.models.llm).toEqual(['demo']);
    expect(config.webhooks.allowLocal).toBe(true);
  });

  test('never reaches the real account of the environment', () => {
    const real = {
      TWILIO_ACCOUNT_SID: `AC${'f'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'e'.repeat(32),
      TWILIO_API_KEY_SID: `SK${'a'.repeat(32)}`,
      TWILIO_API_KEY_SECRET: 'a-real-secret-of-somebody',
      TWILIO_PHONE_NUMBER: '+14155550100',
    };
    const { config, env } = demoConfig(real, demo);
    expect(config.twilio.accountSid).not.toBe(real.TWILIO_ACCOUNT_SID);
    expect(config.twilio.apiKey).toBeUndefined();
    expect(JSON.stringify(env)).not.toContain('a-real-secret');
  });

  test('takes the language model of the environment', () => {
    const models = { VOCA_LLM: 'openai', OPENAI_API_KEY: 'x', OPENAI_MODEL: 'm' };
    expect(demoConfig(models, demo).config.models.llm).toEqual(['openai']);
  });
});
