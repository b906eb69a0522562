/** Events are small: whatever was said or noted, a whole one stays under 20 KB. */

/** What stands around the data takes less than the rest. */
const MAX_DATA_BYTES = 18_000;
/** Tried in this order; the last one is below what 50 notes of the longest names leave. */
const TEXT_BYTES = [8_000, 4_000, 2_000, 1_000, 500, 250, 120];
const MAX_ITEMS = 20;
const CUT = '…';
const CUT_BYTES = Buffer.byteLength(CUT);

/** As it is, or with its longest texts cut off, and its lists to their newest entries. */
export function shortened<T extends object>(data: T): T & { shortened: boolean } {
  let shorter = { ...data, shortened: false };
  for (const maxBytes of TEXT_BYTES) {
    if (bytesOf(shorter) <= MAX_DATA_BYTES) break;
    shorter = { ...cut(data, maxBytes), shortened: true };
  }
  return shorter;
}

function cut<T>(part: T, maxBytes: number): T {
  if (typeof part === 'string') return cutText(part, maxBytes) as T;
  if (Array.isArray(part)) {
    return part.slice(-MAX_ITEMS).map((each: unknown) => cut(each, maxBytes)) as T;
  }
  if (typeof part !== 'object' || part === null) return part;
  const cutOff = Object.entries(part).map(([name, each]) => [name, cut<unknown>(each, maxBytes)]);
  return Object.fromEntries(cutOff) as T;
}

/** Between two characters; counted as JSON. */
function cutText(text: string, maxBytes: number): string {
  if (bytesOf(text) - 2 <= maxBytes) return text;
  let bytes = CUT_BYTES;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character) - 2;
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end) + CUT;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
