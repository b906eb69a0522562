import { expect, test } from '@jest/globals';
import { checkCallee } from '../../../../src/http/api/calls/callee.ts';
import { Problem } from '../../../../src/http/api/frame/problems.ts';

test.each([
  ['a landline of London', '+442079460000'],
  ['a mobile of France', '+33612345678'],
  ['a mobile of Germany', '+4915112345678'],
  ['a number of California', '+14155550123'],
  ['a free number', '+18005550123'],
  ['an international free number', '+80012345678'],
])('%s is called', (_what, number) => {
  expect(() => checkCallee(number, '/to')).not.toThrow();
});

test.each([
  ['premium in the USA', '+19005550123', 'number-type'],
  ['premium within an area of the USA', '+12129765555', 'number-type'],
  ['a satellite of Canada', '+16005551234', 'number-type'],
  ['premium in France', '+33899123456', 'number-type'],
  ['premium in Italy', '+39892424', 'number-type'],
  ['premium in Spain', '+34803123456', 'number-type'],
  ['shared cost or premium in Britain', '+448712345678', 'number-type'],
  ['personal in Britain', '+447012345678', 'number-type'],
  ['personal in the USA', '+15005550006', 'number-type'],
  ['Inmarsat', '+870773111632', 'number-type'],
  ['a mobile satellite', '+881612345678', 'number-type'],
  ['international premium', '+979123456789', 'number-type'],
  ['too short', '+441234', 'no-such-number'],
  ['of no country', '+999123456789', 'no-such-number'],
  ['of an area that is none', '+19765550123', 'no-such-number'],
])('a number that is %s is refused', (_what, number, code) => {
  const refused = (): unknown => {
    try {
      return checkCallee(number, '/to');
    } catch (error) {
      return error;
    }
  };
  const problem = refused();
  expect(problem).toBeInstanceOf(Problem);
  expect((problem as Problem).faults).toMatchObject([{ pointer: '/to', code }]);
  expect(JSON.stringify((problem as Problem).faults)).not.toContain(number.slice(1));
});
