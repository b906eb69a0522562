/** Whom we call: numbers of people, not those that cost whoever calls them. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { NumberType } from 'libphonenumber-js/max';
import { invalid } from '../frame/problems.ts';

/** Others are premium, shared cost, personal numbers that cost like these, pagers, or unknown. */
const CALLABLE: readonly NumberType[] = [
  'FIXED_LINE',
  'MOBILE',
  'FIXED_LINE_OR_MOBILE',
  'TOLL_FREE',
  'VOIP',
  'UAN',
];

/** Shared cost, Inmarsat, universal personal, mobile satellite, international networks, premium. */
const COSTLY_CODES = ['808', '870', '878', '881', '882', '883', '888', '979'];
/** North America: Canada's satellites and other numbers of no place; premium within any area code. */
const COSTLY_IN_AMERICA = /^\+1(?:600|\d{3}976)/;

/**
 * @param number in E.164 form
 * @throws {Problem} `invalid` when nobody can be called there, or we call nobody there.
 */
export function checkCallee(number: string, pointer: string): void {
  const parsed = parsePhoneNumberFromString(number);
  if (parsed?.number !== number || !parsed.isValid()) {
    throw invalid(pointer, 'no-such-number', 'There can be no such telephone number');
  }
  const type = parsed.getType();
  const isCostly =
    COSTLY_CODES.includes(parsed.countryCallingCode) || COSTLY_IN_AMERICA.test(number);
  if (isCostly || type === undefined || !CALLABLE.includes(type)) {
    throw invalid(
      pointer,
      'number-type',
      'Premium-rate, shared-cost, personal, satellite and unknown kinds of numbers are not called',
    );
  }
}
