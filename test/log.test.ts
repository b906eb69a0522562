import { describe, expect, test } from '@jest/globals';
import { temporalLogger } from '../src/log-temporal.ts';
import { prettyStream } from '../src/log-pretty.ts';
import { createLogger, describeError } from '../src/log.ts';
import type { Log, LogFields } from '../src/log.ts';

const CANARY = 'my card is forty two';
const NUMBER = '+15005550006';

function capture(level = 'debug'): {
  log: Log;
  lines: string[];
  last: () => Record<string, unknown>;
} {
  const lines: string[] = [];
  const log = createLogger({
    level,
    role: 'api',
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('a log line', () => {
  test('carries its message, role, level and the fields that were given', () => {
    const { log, last } = capture();
    log.info('turn answered', { callId: 'call_0a1B2c', turn: '3-2', ms: 12, status: 'listening' });
    expect(last()).toMatchObject({
      level: 'info',
      role: 'api',
      msg: 'turn answered',
      callId: 'call_0a1B2c',
      turn: '3-2',
      ms: 12,
      status: 'listening',
    });
  });

  test('drops fields that are not on the list and values out of form', () => {
    const { log, lines, last } = capture();
    const fields: Record<string, unknown> = {
      from: NUMBER,
      speech: CANARY,
      callId: NUMBER,
      status: CANARY,
      code: '1 500 555 0006',
      turn: '15005550006',
      reason: '150-0555-0006',
      name: NUMBER,
      route: `/x/${NUMBER}`,
    };
    log.warn('odd', fields as LogFields);
    expect(lines.join('')).not.toMatch(/500555|555 ?-?0006|card/);
    expect(last()).toMatchObject({ callId: '[unfit]', status: '[unfit]' });
  });

  test('masks runs of digits in words of others', () => {
    const { log, lines } = capture();
    log.foreign('info', `dialling ${NUMBER} or 500 555-0006 on port 5000`);
    expect(lines.join('')).toContain('dialling [digits] or [digits] on port 5000');
  });

  test('keeps to the level', () => {
    const { log, lines } = capture('warn');
    log.info('quiet');
    log.error('loud');
    expect(lines).toHaveLength(1);
  });

  test('of a child carries the fields of the child', () => {
    const { log, last } = capture();
    log.child({ callId: 'call_abc' }).debug('hello', { count: 2 });
    expect(last()).toMatchObject({ callId: 'call_abc', count: 2 });
  });

  test('takes only a literal as its message', () => {
    const { log, lines } = capture();
    const text: string = CANARY;
    // @ts-expect-error a text made at run time
    log.info(text);
    // @ts-expect-error a text put together at run time
    log.info(`heard ${text}` as const);
    log.info('fixed');
    expect(lines).toHaveLength(3);
  });

  test('is readable in a terminal', () => {
    const output: string[] = [];
    const stream = prettyStream({ write: (text) => output.push(text) });
    createLogger({ level: 'info', role: 'worker', destination: stream }).error('failed', {
      attempt: 2,
      error: new TypeError(CANARY),
    });
    expect(output.join('')).toMatch(/error.*worker: failed.*attempt=2[^]*TypeError\n/);
    expect(output.join('')).not.toContain(CANARY);
  });
});

describe('an error', () => {
  test('keeps name, code and frames, but not its message', () => {
    const error = Object.assign(new TypeError(`${CANARY}\n    at x (/secret/${CANARY}:1:1)`), {
      code: 'E_BAD',
    });
    const described = describeError(error);
    expect(described).toMatchObject({ name: 'TypeError', code: 'E_BAD' });
    expect(described.stack?.length).toBeGreaterThan(0);
    expect(JSON.stringify(described)).not.toContain('card');
  });

  test('of a class that says so keeps its message', () => {
    const error = Object.assign(new Error('the model did not answer in time'), {
      messageIsSafe: true,
    });
    expect(describeError(error).message).toBe('the model did not answer in time');
  });

  test('is described with its causes, to a limit, and whatever was thrown', () => {
    const looped = new Error(CANARY);
    looped.cause = looped;
    const described = describeError(new AggregateError([looped, CANARY], CANARY));
    expect(described.errors?.[0]?.cause?.cause?.name).toBe('Error');
    expect(described.errors?.[1]).toEqual({ name: 'string' });
    expect(JSON.stringify(described)).not.toContain('card');
    expect(describeError(undefined)).toEqual({ name: 'undefined' });
  });

  test.each(['ECONNREFUSED', 'ERR_HTTP2_ERROR', '57P01', '23505', 503, 14, -104])(
    'keeps the code %p',
    (code) => {
      expect(describeError({ code }).code).toBe(code);
      expect(describeError({ type: code }).code).toBe(code);
    },
  );

  test.each([15005550006, 1e6, 4.5, NaN, '15005550006', '+15005550006', 'tel-1-500-555-0006', ''])(
    'keeps no code that may be a phone number, such as %p',
    (code) => {
      expect(describeError({ code })).toEqual({ name: 'Error' });
      expect(describeError({ type: code })).toEqual({ name: 'Error' });
    },
  );

  test('with payloads in name and code is described without them', () => {
    const error = { name: CANARY, code: CANARY, stack: `${CANARY}\n    at ${CANARY}` };
    expect(describeError(error)).toEqual({ name: 'Error' });
  });
});

describe("Temporal's own lines", () => {
  test('pass with their names and without payloads', () => {
    const { log, lines, last } = capture();
    temporalLogger(log).warn('Activity failed', {
      workflowId: 'call_abcdef',
      activityType: 'generateReply',
      attempt: 2,
      input: [CANARY],
      error: new Error(CANARY),
      [Symbol('x')]: CANARY,
    });
    expect(last()).toMatchObject({
      level: 'warn',
      msg: 'Activity failed',
      callId: 'call_abcdef',
      name: 'generateReply',
      attempt: 2,
    });
    expect(lines.join('')).not.toContain(CANARY);
  });

  test('of the lowest level, which hold whole requests, are dropped', () => {
    const { log, lines } = capture('trace');
    temporalLogger(log).log('TRACE', CANARY);
    temporalLogger(log).trace(CANARY);
    temporalLogger(log).log('INFO', 'started');
    expect(lines).toHaveLength(1);
  });
});
