/** The catalogue of events, its description, and what the code tells of are the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../../../../workflows/events.ts';
import { CATALOGUE, EVENT_TYPES } from '../../../../src/http/api/events/catalogue.ts';
import {
  EVENT_SCHEMAS,
  exampleOf,
  schemaName,
} from '../../../../src/http/api/events/event-schema.ts';
import { servedDescription } from '../served-description.ts';

/** The compiler wants all of them, and no others. */
const OF_CALLS: Record<CallEvent['type'], true> = {
  'call.created': true,
  'call.queued': true,
  'call.ringing': true,
  'call.answered': true,
  'call.turn.completed': true,
  'call.degraded': true,
  'call.ended': true,
  'call.summarized': true,
};
const CATALOGUE_FILE = 'catalogue.ts';
const KINDS = 'session|assistant|phone_number|api_key|webhook_endpoint';

/** The names of events in the code, apart from the catalogue, from types and from examples. */
function namedInCode(): string[] {
  const folder = join(import.meta.dirname, '..', '..', '..', '..', 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith(CATALOGUE_FILE))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const name = new RegExp(`(?<!\\[)'((?:${KINDS})\\.[a-z_]+)'(?!\\])`, 'g');
  return texts.flatMap((text) => [...text.matchAll(name)].map(([, type = '']) => type));
}

describe('the catalogue of events', () => {
  test.each(EVENT_TYPES)('has an example of %s that is one', (type) => {
    const example = exampleOf(type);
    expect(EVENT_SCHEMAS[type].parse(example)).toEqual(example);
    expect(CATALOGUE[type].summary).toMatch(/^[a-z].*[^.]$/);
  });

  test('names what the code tells of', () => {
    const told = new Set([...Object.keys(OF_CALLS), ...namedInCode()]);
    expect([...told].toSorted()).toEqual([...EVENT_TYPES].toSorted());
  });

  test('is in the description of the API', async () => {
    const { webhooks, components } = await servedDescription();
    // The question who answers a call is sent, too; it is no event.
    const sent = [...EVENT_TYPES, 'assistant_request'];
    expect(Object.keys(webhooks).toSorted()).toEqual(sent.toSorted());
    for (const type of EVENT_TYPES) {
      const name = schemaName(type);
      const { content } = webhooks[type]?.['post']?.requestBody ?? {};
      expect(content?.['application/json']?.schema).toEqual({
        $ref: `#/components/schemas/${name}`,
      });
      expect(components['schemas']?.[name]).toMatchObject({ examples: [exampleOf(type)] });
    }
  });
});
