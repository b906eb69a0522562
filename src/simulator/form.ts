/** Form fields as Twilio sends them: an ordered list, so that repeated and empty ones survive. */
export type Field = readonly [name: string, value: string];

/** `application/x-www-form-urlencoded`, in the order given. */
export function encodeFields(fields: readonly Field[]): string {
  return new URLSearchParams(
    fields.map(([name, value]): [string, string] => [name, value]),
  ).toString();
}

/** The fields of a form body or a query string, in order. */
export function decodeFields(text: string): Field[] {
  return [...new URLSearchParams(text)];
}

/** The first value of a field, or undefined. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  return fields.find(([key]) => key === name)?.[1];
}

/** All values of a repeated field. */
export function fieldValues(fields: readonly Field[], name: string): string[] {
  return fields.filter(([key]) => key === name).map(([, value]) => value);
}

/** Adds fields to a URL's query, keeping what is there, as a GET webhook does. */
export function withQuery(url: URL, fields: readonly Field[]): URL {
  const result = new URL(url);
  const query = encodeFields(fields);
  if (query !== '') result.search = result.search === '' ? query : `${result.search}&${query}`;
  return result;
}
