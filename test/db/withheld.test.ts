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
  ])('that reads "%s" is withheld', (number) => {
    expect(withheld(number)).toBe(true);
  });

  test.each([
    '+15005550006',
    '+442071838750',
    'client:anonymous',
    'sip:ann@example.com',
    '+12666966871',
  ])('that reads "%s" is somebody\'s', (number) => {
    expect(withheld(number)).toBe(false);
  });
});
