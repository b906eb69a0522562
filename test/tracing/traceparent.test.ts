import { describe, expect, test } from '@jest/globals';
import { formatTraceparent, parseTraceparent } from '../../src/tracing/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  test('is read, and written as it was', () => {
    const text = `00-${TRACE}-${SPAN}-01`;
    const parent = { traceId: TRACE, spanId: SPAN, flags: 1 };
    expect(parseTraceparent(text)).toEqual(parent);
    expect(formatTraceparent(parent)).toBe(text);
  });

  test('of a later version is read as far as it is known', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-00-more`)?.flags).toBe(0);
  });

  test.each([
    '',
    'canary',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
  ])('like "%s" is none', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});
