/** The kinds of fields that several resources share. */
import { z } from 'zod';
import type { IdPrefix } from '../../../ids.ts';

/** Opaque; of the right form, not of something that exists. */
export function idField(prefix: IdPrefix) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9A-Za-z]{1,64}$`), `Not an id that begins with ${prefix}_`)
    .meta({ examples: [`${prefix}_0VPc1V5n2kQ7xGm3yT8bRaW4eZ`] });
}

export const time = z.iso.datetime({ precision: 3 }).meta({
  description: 'RFC 3339, UTC, with milliseconds',
  examples: ['2026-03-01T12:00:00.000Z'],
});

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a time has a form, in UTC, that JavaScript and PostgreSQL read alike. */
export function isInCalendar(text: string): boolean {
  const ms = Date.parse(text);
  return ms >= FIRST_MS && ms <= LAST_MS;
}

/** As a client may give it: any offset, any precision. */
export const givenTime = z.iso
  .datetime({ offset: true, abort: true })
  .refine(isInCalendar, 'Not within the years 1 to 9999')
  .transform((text) => new Date(text).toISOString())
  .meta({ examples: ['2026-03-01T12:00:00Z'] });

/** E.164. What the carrier may hand us instead of a number is only ever answered, never asked for. */
export const phoneNumber = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'Not a telephone number in E.164 form, such as +14155550100')
  .meta({ examples: ['+14155550100'] });

const METADATA_KEYS = 50;

/** Text without control characters, except line breaks and tabs. */
export function textField(max: number, min = 0) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((text) => !/[^\P{Cc}\n\r\t]/u.test(text), 'Control characters are not allowed')
    .refine((text) => !/\p{Cs}/u.test(text), 'Not well-formed Unicode')
    .meta({ pattern: '^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$' });
}

/** The customer's own notes; never read by us. */
export const metadata = z
  .record(textField(40, 1), textField(500))
  .refine((map) => Object.keys(map).length <= METADATA_KEYS, `At most ${METADATA_KEYS} keys`)
  .meta({ examples: [{ order: 'A-17' }] });

/** What stands for `{{name}}` in an assistant's texts in one call. */
export const callVariables = z
  .record(z.string().regex(/^\w{1,40}$/), textField(1_000))
  .refine((map) => Object.keys(map).length <= 50, 'At most 50 variables');

/** A name on one line that is not only blank. */
export const nameField = textField(100, 1)
  .refine((text) => text.trim() !== '' && !/[\n\r\t]/.test(text), 'One line that is not blank')
  .meta({
    pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\xa0][^\\x00-\\x1f\\x7f-\\x9f]*$',
  });

/** Text that is spoken or told to a model, with `{{name}}` for what a call fills in. */
export function templateField(max: number, min = 0) {
  return textField(max, min).refine(
    (text) => !text.replace(/\{\{\s*\w{1,40}\s*\}\}/g, '').includes('{{'),
    'A {{name}} that is not closed, or is no name of letters, digits and _',
  );
}
