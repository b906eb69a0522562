/** What a customer's server is sent, in the description of the API: events, and the question who answers. */
import type { z } from 'zod';
import { answerSchema } from '../../../assistant-request/answer.ts';
import { questionSchema } from '../../../assistant-request/question.ts';
import { CATALOGUE, EVENT_TYPES } from './catalogue.ts';
import { schemaName } from './event-schema.ts';

/** @see https://www.standardwebhooks.com for the three headers */
const HEADERS = [
  ['webhook-id', 'The id of the event: what came before with it is the same', 'evt_0VPc1V5n2kQ7'],
  ['webhook-timestamp', 'When it was sent, in seconds since 1970', '1772366400'],
  [
    'webhook-signature',
    'Signatures of id, time and body; while a secret is rolled, two of them',
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ],
] as const;

const parameters = HEADERS.map(([name, description, example]) => ({
  ...{ in: 'header' as const, name, description, required: true },
  schema: { type: 'string' as const, examples: [example] },
}));

const named = (schema: z.ZodType) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${schema.meta()?.id ?? ''}` } },
});

const ASSISTANT_REQUEST = {
  post: {
    summary: 'It is asked who answers a call, of the URL that its number has for that',
    tags: ['phone-numbers'],
    security: [],
    parameters,
    requestBody: { required: true, content: named(questionSchema) },
    responses: {
      200: {
        description: "What is left out stays as the number's own assistant has it",
        content: named(answerSchema),
      },
      204: { description: "The number's own assistant answers, as after every other answer" },
    },
  },
};

export const WEBHOOKS = {
  ...Object.fromEntries(
    EVENT_TYPES.map((type) => [
      type,
      {
        post: {
          summary: `It is told that ${CATALOGUE[type].summary}`,
          tags: ['events'],
          security: [],
          parameters,
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: { $ref: `#/components/schemas/${schemaName(type)}` } },
            },
          },
          responses: {
            '2XX': { description: 'Taken. Whatever else is answered, it is sent again' },
            410: { description: 'Nothing more is wanted: the endpoint is disabled' },
          },
        },
      },
    ]),
  ),
  assistant_request: ASSISTANT_REQUEST,
};
