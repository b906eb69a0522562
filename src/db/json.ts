/** JSON text that PostgreSQL takes: it refuses U+0000 and lone surrogates in texts and in jsonb. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === 'string' ? storable(each) : each,
  );
}

/** A text without U+0000, lone surrogates replaced: what models and callers send may hold both. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '').replace(/\p{Cs}/gu, '\ufffd');
}
