import { expect, test } from '@jest/globals';
import { importedNumberId, inboundCallId, isId, newId, outboundCallId } from '../src/ids.ts';

test('new ids differ and have the form of their prefix', () => {
  const ids = new Set(Array.from({ length: 5_000 }, () => newId('call')));
  expect(ids.size).toBe(5_000);
  for (const id of ids) expect(isId('call', id)).toBe(true);
});

test('ids sort as text by the time at which they were made', () => {
  const times = [0, 1, 61, 62, 1_700_000_000_000, 1_700_000_000_001, 4_000_000_000_000];
  const ids = times.map((time) => newId('evt', time));
  expect([...ids].reverse().sort()).toEqual(ids);
  expect(new Set(ids.map((id) => id.length))).toEqual(new Set([30]));
});

test('an inbound call has one id, which depends on both SIDs and shows neither', () => {
  const id = inboundCallId('AC1', 'CA1');
  expect(inboundCallId('AC1', 'CA1')).toBe(id);
  expect(isId('call', id)).toBe(true);
  expect(id).toHaveLength('call_'.length + 43);
  const others = [inboundCallId('AC1', 'CA2'), inboundCallId('AC2', 'CA1')];
  others.push(inboundCallId('AC1C', 'A1'), inboundCallId('CA1', 'AC1'));
  expect(new Set([id, ...others]).size).toBe(5);
});

test('this inbound id never changes, because running calls carry it', () => {
  expect(inboundCallId(`AC${'0'.repeat(32)}`, `CA${'1'.repeat(32)}`)).toMatchInlineSnapshot(
    `"call_H7hmDKBfkawKoSwjJVcR5WTGuJu49i1ZRFgpb8C73ru"`,
  );
});

test('a call that is placed has one id for one key of one workspace', () => {
  const id = outboundCallId('ws_1', 'key');
  expect(outboundCallId('ws_1', 'key')).toBe(id);
  expect(isId('call', id)).toBe(true);
  expect(id).not.toContain('key');
  const others = [outboundCallId('ws_2', 'key'), outboundCallId('ws_1', 'yek')];
  others.push(inboundCallId('ws_1', 'key'), outboundCallId('ws_1k', 'ey'));
  expect(new Set([id, ...others]).size).toBe(5);
});

test('this outbound id never changes, because a repeated request must find its call', () => {
  expect(outboundCallId('ws_default', 'order-17')).toMatchInlineSnapshot(
    `"call_wUMZYxxrwu06gfVDTyfcISDIFsdqqWwEnWMImqTKp55"`,
  );
});

test('the id of an imported number is made of workspace, key and number, and of nothing less', () => {
  const id = importedNumberId('ws_1', 'key', '+15005550006');
  expect(importedNumberId('ws_1', 'key', '+15005550006')).toBe(id);
  expect(isId('pn', id)).toBe(true);
  const others = [
    importedNumberId('ws_2', 'key', '+15005550006'),
    importedNumberId('ws_1', 'yek', '+15005550006'),
    importedNumberId('ws_1', 'key', '+15005550007'),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
});

test.each([
  ['another prefix', newId('evt')],
  ['too short', 'call_abc'],
  ['too long', `call_${'a'.repeat(65)}`],
  ['a character outside base62', `call_${'a'.repeat(25)}-`],
  ['a line break at the end', `call_${'a'.repeat(26)}\n`],
  ['nothing', ''],
])('%s is not an id of a call', (_what, text) => {
  expect(isId('call', text)).toBe(false);
});
