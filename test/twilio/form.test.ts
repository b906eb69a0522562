import { expect, test } from '@jest/globals';
import { FormError, parseForm } from '../../src/twilio/form.ts';

test('a form keeps repeats, empty values and order', () => {
  const { pairs, fields } = parseForm(Buffer.from('b=2&a=&b=1&=x&c'));
  expect(pairs).toEqual([
    ['b', '2'],
    ['a', ''],
    ['b', '1'],
    ['', 'x'],
    ['c', ''],
  ]);
  expect({ ...fields }).toEqual({ b: '2', a: '', '': 'x', c: '' });
});

test('a form is decoded as Twilio encodes it', () => {
  const { fields } = parseForm('From=%2B1500&S=it%27s+caf%C3%A9&T=%257B&bad=%zz');
  expect({ ...fields }).toEqual({ From: '+1500', S: "it's café", T: '%7B', bad: '%zz' });
});

test('a question mark in front belongs to the name', () => {
  expect(parseForm('?a=1').pairs).toEqual([['?a', '1']]);
});

test('names of object members mean nothing', () => {
  const { fields } = parseForm('__proto__=x&constructor=y');
  expect(fields['__proto__']).toBe('x');
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  expect(parseForm('').fields['toString']).toBeUndefined();
});

test('too many fields are refused', () => {
  expect(parseForm('a&'.repeat(200)).pairs).toHaveLength(200);
  expect(() => parseForm('a&'.repeat(201))).toThrow(FormError);
  expect(() => parseForm('&'.repeat(1_000_000))).toThrow(FormError);
});
