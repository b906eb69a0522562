/** What docs/webhooks.md promises is what the code does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CATALOGUE, EVENT_TYPES } from '../../../../src/http/api/events/catalogue.ts';
import { PLAN } from '../../../../workflows/webhook-plan.ts';

const page = readFileSync(
  join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'webhooks.md'),
  'utf8',
);
const rows = [...page.matchAll(/^\| `([a-z_.]+)` +\| .* \| (.+?) +\|$/gm)].map(
  ([, type = '', data = '']) => ({ type, data: data.replaceAll('`', '').split(', ') }),
);

describe('the page on webhooks', () => {
  test('names every event in the order of the catalogue, and nothing else', () => {
    expect(rows.map(({ type }) => type)).toEqual(EVENT_TYPES);
  });

  test('says where in each what it tells of is found', () => {
    for (const { type, data } of rows) {
      const example: object = CATALOGUE[type as keyof typeof CATALOGUE].example;
      expect([type, data.filter((name) => !(name in example))]).toEqual([type, []]);
    }
  });

  test('has the plan by which it is tried again', () => {
    const hours = PLAN.delaysMs.slice(4).map((ms) => ms / 3_600_000);
    expect(PLAN.delaysMs.slice(0, 4)).toEqual([0, 5_000, 300_000, 1_800_000]);
    const text = page.replace(/\s+/g, ' ');
    expect(text).toContain(
      `after 5 s, 5 min, 30 min, and ${hours.slice(0, -1).join(', ')} and ${hours.at(-1)} hours, each ${PLAN.jitter * 100} %`,
    );
    expect(text).toContain(`${PLAN.delaysMs.length} attempts`);
    expect(PLAN).toMatchObject({ downAfter: 5, probeMs: { first: 5_000, last: 240_000 } });
    expect(PLAN.retryAfterMs).toEqual({ delivery: 86_400_000, endpoint: 3_600_000 });
    expect([PLAN.disableAfterMs, PLAN.timeoutMs]).toEqual([5 * 86_400_000, 15_000]);
  });
});
