import { expect, test } from '@jest/globals';
import { givenTime } from '../../../../src/http/api/frame/fields.ts';

test.each([
  ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01T12:00:00.123456+02:00', '2026-03-01T10:00:00.123Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
])('%s is the time %s', (given, read) => {
  expect(givenTime.parse(given)).toBe(read);
});

test.each([
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59-12:00',
  '2026-02-30T00:00:00Z',
  '2026-03-01T24:00:00Z',
  '2026-03-01 12:00:00Z',
  '2026-03-01T12:00:00',
])('%s is no time that everybody could read', (given) => {
  expect(givenTime.safeParse(given).success).toBe(false);
});
