/** The description of the API, made from the schemas that check its requests and answers. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { WEBHOOKS } from '../events/described-webhooks.ts';
import { tidyDescription } from './openapi-tidy.ts';

const TAGS = [
  ['workspace', 'What belongs to one customer of this instance'],
  ['api-keys', 'Who may do what'],
  ['assistants', 'Who speaks, and how; versioned: a call keeps the version it began with'],
  ['phone-numbers', 'Numbers of ours at Twilio, and who answers them'],
  ['calls', 'Each call is one durable workflow'],
  ['sessions', 'What one customer and one assistant have said to each other over several calls'],
  ['events', 'What has happened; sent to webhook endpoints, streamed, and kept for 30 days'],
  ['webhooks', 'Where events are sent, and what became of each'],
] as const;

/** To be registered in the API's scope before its routes. */
export async function describeApi(app: FastifyInstance, publicUrl: string, version: string) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'VOCA',
        version,
        description:
          'AI phone calls that survive anything. Errors are RFC 9457 problems; lists are read by ' +
          '`starting_after`; every POST takes an `Idempotency-Key`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      tags: TAGS.map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key, `voca_live_…`' },
        },
      },
      security: [{ key: [] }],
      webhooks: WEBHOOKS,
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => tidyDescription(jsonSchemaTransformObject(document)),
  });
}
