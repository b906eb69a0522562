/** What an operator fills in: deploy/compose.env.example with invented values. */
import { parseEnv } from 'node:util';
import { readText } from './compose-files.ts';

export const ENV_EXAMPLE = 'deploy/compose.env.example';

const FILLED_IN: Record<string, string> = {
  TWILIO_ACCOUNT_SID: `AC${'0a'.repeat(16)}`,
  TWILIO_AUTH_TOKEN: 'an-invented-token',
  TWILIO_PHONE_NUMBER: '+15005550006',
  TWILIO_WEBHOOK_URL: 'https://voice.example.com',
  VOCA_SECRET_KEY: 'k'.repeat(44),
  POSTGRES_PASSWORD: 'superuser1',
  POSTGRES_VOCA_PASSWORD: 'voca1',
  POSTGRES_TEMPORAL_PASSWORD: 'temporal1',
};

/** The variables that the example asks for, empty as they are there. */
export function exampleVariables(): string[] {
  return Object.keys(parseEnv(readText(ENV_EXAMPLE)));
}

/** The variables that stand in the example behind a `#`. */
export function optionalVariables(): string[] {
  return [...readText(ENV_EXAMPLE).matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
}

/** The example, filled in. */
export function filledExample(): Record<string, string> {
  return Object.fromEntries(exampleVariables().map((name) => [name, FILLED_IN[name] ?? '']));
}
