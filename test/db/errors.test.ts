import { describe, expect, test } from '@jest/globals';
import { DatabaseError, describe as describeDatabaseError } from '../../src/db/errors.ts';

const failure = (code?: string): Error =>
  Object.assign(new Error('canary +15005550001'), { code, detail: 'Key (number)=(canary)' });

describe('an error of the database', () => {
  test.each<[string, boolean]>([
    ['08006', true],
    ['40P01', true],
    ['40001', true],
    ['53300', true],
    ['57P01', true],
    ['57014', true],
    ['55P03', true],
    ['25006', true],
    ['23505', false],
    ['22P02', false],
    ['42P01', false],
    ['28P01', false],
    ['ECONNREFUSED', true],
    ['EPIPE', true],
  ])('with code %s can be tried again: %s', (code, retryable) => {
    expect(describeDatabaseError('Finding a call', failure(code))).toMatchObject({
      name: 'DatabaseError',
      message: `Finding a call failed in the database (${code})`,
      code,
      retryable,
    });
  });

  test('of a role that is not there yet can be tried again, when it is the greeting that failed', () => {
    const greeting = Object.assign(failure('22023'), { severity: 'FATAL' });
    expect(describeDatabaseError('Finding a call', greeting)).toMatchObject({
      message: 'Finding a call failed in the database, which is not migrated yet (22023)',
      retryable: true,
    });
    const statement = Object.assign(failure('22023'), { severity: 'ERROR' });
    expect(describeDatabaseError('Finding a call', statement)).toMatchObject({ retryable: false });
  });

  test('without a code is a lost connection', () => {
    for (const error of [failure(), failure('not a code: canary'), 'canary', undefined]) {
      expect(describeDatabaseError('Finding a call', error)).toMatchObject({
        code: 'no-connection',
        retryable: true,
      });
    }
  });

  test('that is a mistake of ours is not tried again', () => {
    expect(describeDatabaseError('Finding a call', new TypeError('x'))).toMatchObject({
      code: 'bug',
      retryable: false,
    });
  });

  test('holds nothing of the rows', () => {
    const error = describeDatabaseError('Finding a call', failure('23505'));
    expect(`${String(error)}${JSON.stringify(error)}${String(error.cause)}`).not.toMatch(
      /canary|5005/,
    );
  });

  test('that was described stays as it is', () => {
    const error = new DatabaseError('Recording a call', 'too-early', true);
    expect(describeDatabaseError('Finding a call', error)).toBe(error);
  });
});
