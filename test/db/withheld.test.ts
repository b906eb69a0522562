import { describe, expect, test } from '@jest/globals';
import { withheld } from '../../src/db/withheld.ts';

describe('a number', () => {
  test.each([
    '',
    'anonymous',
    'Anonymous',
    'Restricted',
    'unknown',
    '+266696687',
    '266696687',
    '+7378742833',
    '+2562533',
    '+8656696',
    '+86282452253',
    '+464',
    '+0000000000',
    'client:Anonymous',
    'sip:anonymous@anonymous.invalid',
    'sips:Anonymous@proxy.example.com;user=phone',
    'anonymous@anonymous.invalid',
    'sip:+266696687@example.com',
    'sip:@example.com',
  ])('that reads "%s" is withheld', (number) => {
    expect(withheld(number)).toBe(true);
  });

  test.each([
    '+15005550006',
    '+442071838750',
    'client:ann',
    'sip:ann@example.com',
    'sip:1001@example.com',
    'sip:+15005550006@example.com:5061;transport=tls',
    '+12666966871',
  ])('that reads "%s" is somebody\'s', (number) => {
    expect(withheld(number)).toBe(false);
  });
});
