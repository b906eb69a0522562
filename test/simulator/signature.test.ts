import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import twilio from 'twilio';
import type { Field } from '../../src/simulator/form.ts';
import { sign, signedText } from '../../src/simulator/signature.ts';

describe('the signature', () => {
  test("is the one that Twilio's own library expects, whatever the fields", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }),
          fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 1 })),
        ),
        fc.string(),
        (params, token) => {
          const fields = Object.entries(params).flatMap(([name, value]) =>
            [value].flat().map((one): Field => [name, one]),
          );
          const url = 'https://example.com/voice?a=b';
          expect(sign(token, url, fields)).toBe(
            twilio.getExpectedTwilioSignature(token, url, params),
          );
        },
      ),
    );
  });

  test('sorts names by bytes and takes distinct values of a repeated field', () => {
    const fields: Field[] = [
      ['b', '2'],
      ['B', ''],
      ['a', 'z'],
      ['b', '1'],
      ['b', '2'],
    ];
    expect(signedText('u', fields)).toBe('uBazb1b2');
  });
});
