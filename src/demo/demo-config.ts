/** The configuration that the demo makes for itself: no account, no keys. */
import { randomBytes } from 'node:crypto';
import { loadConfig } from '../config.ts';
import type { Config, Environment } from '../config.ts';

/** Twilio's own number for tests; nobody can be reached by it. */
export const DEMO_NUMBER = '+15005550006';
/** As good; answered by the same assistant over a stream of audio. */
export const DEMO_STREAM_NUMBER = '+15005550010';
export const DEMO_CALLER = '+14155550123';
/** Always the same, so that the data of an earlier demo is found again. */
export const DEMO_ACCOUNT_SID = `AC${'0'.repeat(32)}`;

export interface DemoConfig {
  config: Config;
  env: Environment;
}

export function demoAuthToken(): string {
  return randomBytes(16).toString('hex');
}

/**
 * The real environment with the demo's own Twilio in it. A language model, a database or a Temporal
 * that the environment names is used.
 */
export function demoConfig(
  env: Environment,
  demo: {
    authToken: string;
    port: number;
    simulatorUrl: string;
    dataDir: string;
  },
): DemoConfig {
  const own: Environment = {
    ...env,
    NODE_ENV: 'development',
    TWILIO_ACCOUNT_SID: DEMO_ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: demo.authToken,
    TWILIO_PHONE_NUMBER: DEMO_NUMBER,
    TWILIO_WEBHOOK_URL: `http://127.0.0.1:${demo.port}`,
    TWILIO_API_BASE_URL: demo.simulatorUrl,
    // Whoever tries webhooks receives them on this machine.
    VOCA_ALLOW_LOCAL_WEBHOOKS: 'true',
    TWILIO_API_KEY_SID: '',
    TWILIO_API_KEY_SECRET: '',
    HOST: '127.0.0.1',
    PORT: String(demo.port),
    MEDIA_PORT: '',
    VOCA_MEDIA_HOST: '',
    VOCA_MEDIA_URL: '',
    VOCA_DATA_DIR: demo.dataDir,
  };
  return { config: loadConfig(own), env: own };
}
