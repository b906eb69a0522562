/** JSON text that PostgreSQL takes: it refuses U+0000 and lone surrogates in texts and in jsonb. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) => {
    if (typeof each === 'string') return storable(each);
    return isObject(each) && Object.keys(each).some((name) => storable(name) !== name)
      ? Object.fromEntries(Object.entries(each).map(([name, of]) => [storable(name), of]))
      : each;
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text without U+0000, lone surrogates replaced: what models and callers send may hold both. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '').replace(/\p{Cs}/gu, '\ufffd');
}
