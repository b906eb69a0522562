/** Twilio's classic list envelope. */
import { encodeFields, fieldValue } from './form.ts';
import type { Field } from './form.ts';
import { badRequest } from './rest-errors.ts';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1_000;
const PAGING = ['PageSize', 'Page', 'PageToken'];

/** One page of `items`. A page token names the last item of the page before. */
export function pageOf<T extends { sid: string }>(
  key: string,
  items: readonly T[],
  path: string,
  query: readonly Field[],
): Record<string, unknown> {
  const size = numberOf(query, 'PageSize', DEFAULT_PAGE_SIZE, 1, MAX_PAGE_SIZE);
  const page = numberOf(query, 'Page', 0, 0, Number.MAX_SAFE_INTEGER);
  const start = startOf(items, query, page * size);
  const shown = items.slice(start, start + size);
  const filters = query.filter(([name]) => !PAGING.includes(name));
  const uri = (number: number, token?: string) => {
    const fields: Field[] = [...filters, ['PageSize', String(size)], ['Page', String(number)]];
    if (token !== undefined) fields.push(['PageToken', token]);
    return `${path}?${encodeFields(fields)}`;
  };
  const hasNext = start + size < items.length;
  const before = items[start - size - 1];
  return {
    [key]: shown,
    first_page_uri: uri(0),
    next_page_uri: hasNext ? uri(page + 1, `PA${shown.at(-1)?.sid ?? ''}`) : null,
    previous_page_uri: page > 0 ? uri(page - 1, before && `PA${before.sid}`) : null,
    page,
    page_size: size,
    start,
    end: Math.max(start, start + shown.length - 1),
    uri: uri(page, fieldValue(query, 'PageToken')),
  };
}

function startOf(
  items: readonly { sid: string }[],
  query: readonly Field[],
  byNumber: number,
): number {
  const token = fieldValue(query, 'PageToken');
  if (token === undefined) return byNumber;
  const index = items.findIndex(({ sid }) => `PA${sid}` === token);
  if (index === -1) throw badRequest(20001, 'Invalid PageToken');
  return index + 1;
}

function numberOf(
  query: readonly Field[],
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = fieldValue(query, name);
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text) || Number(text) < min) throw badRequest(20001, `Invalid ${name}`);
  return Math.min(Number(text), max);
}
