/** The description of the API as the application serves it; no database is asked for it. */
import { buildApp } from '../../../src/http/app.ts';
import { openApi } from '../../../src/http/api/open.ts';
import { loadConfig } from '../../../src/config.ts';
import { createLogger } from '../../../src/log.ts';
import { createUrls } from '../../../src/twilio/urls.ts';
import { ACCOUNT_SID, BASE, FakeGateway, TOKEN } from '../harness.ts';

export type Schema = Record<string, unknown>;
export type Reference = { $ref: string };

export interface Parameter {
  in: 'path' | 'query' | 'header';
  name: string;
  required?: boolean;
  schema: Schema;
  example?: unknown;
}
export interface Content {
  schema?: Schema;
}
export interface Answer {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, Content>;
}
export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Content> };
  responses: Record<string, Answer | Reference>;
  security?: unknown[];
}
export interface Description {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Pick<Operation, 'requestBody'>>>;
  tags: { name: string }[];
  security: unknown[];
  components: Record<string, Record<string, unknown>>;
}

export async function servedDescription(): Promise<Description> {
  const config = loadConfig(
    {
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: TOKEN,
      TWILIO_PHONE_NUMBER: '+15005550006',
      TWILIO_WEBHOOK_URL: BASE,
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      DATABASE_URL: 'postgres://127.0.0.1:9/nothing',
    },
    { role: 'api' },
  );
  const log = createLogger({
    level: 'error',
    role: 'api',
    destination: { write: () => undefined },
  });
  const api = openApi(config, log);
  if (!api) throw new Error('No API');
  const app = buildApp({
    gateway: new FakeGateway(),
    account: config.twilio,
    urls: createUrls(config.twilio.webhookUrl),
    readiness: async () => [],
    log,
    api: api.options,
  });
  try {
    const { body } = await app.inject({ url: '/openapi.json' });
    return JSON.parse(body) as Description;
  } finally {
    await app.close();
    await api.close();
  }
}

export interface NamedOperation {
  method: string;
  path: string;
  operation: Operation;
}

export function operationsOf({ paths }: Description): NamedOperation[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** What a part stands for: itself, or what it points to. @throws when it points to nothing. */
export function resolved<T extends object>(description: Description, part: T | Reference): T {
  if (!('$ref' in part)) return part;
  const [start, ...names] = (part as Reference).$ref.split('/');
  const found = names.reduce<unknown>(
    (at, name) => (at as Record<string, unknown> | undefined)?.[name],
    description,
  );
  if (start !== '#' || !found) throw new Error(`${(part as Reference).$ref} leads nowhere`);
  return found as T;
}
