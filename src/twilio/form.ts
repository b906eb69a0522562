/** Form bodies and query strings, read so that nothing that was signed is lost. */

export interface Form {
  /** Every field as it came: repeats, empty values and order kept. */
  pairs: [name: string, value: string][];
  /** The first value of each field; without a prototype, so that no name means anything else. */
  fields: Record<string, string>;
}

/** The form cannot be taken. Sending it again does not help. */
export class FormError extends Error {
  override readonly name = 'FormError';
  readonly messageIsSafe = true;
}

/** Far more than Twilio sends. */
export const MAX_FORM_FIELDS = 200;

/**
 * Reads `application/x-www-form-urlencoded` text: a raw body, or a query without its question mark.
 * @throws {FormError} when there are more than `maxFields` fields.
 */
export function parseForm(raw: Buffer | string, maxFields: number = MAX_FORM_FIELDS): Form {
  const text = typeof raw === 'string' ? raw : raw.toString('utf8');
  if (moreSeparatorsThan(text, maxFields * 2)) throw new FormError('The form has too many fields.');
  // URLSearchParams would take a question mark in front for the start of a query.
  const pairs = [...new URLSearchParams(text.startsWith('?') ? `&${text}` : text)];
  if (pairs.length > maxFields) throw new FormError('The form has too many fields.');
  const fields = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) fields[name] ??= value;
  return { pairs, fields };
}

function moreSeparatorsThan(text: string, limit: number): boolean {
  let count = 0;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    if (++count > limit) return true;
  }
  return false;
}
