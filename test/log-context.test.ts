import { describe, expect, test } from '@jest/globals';
import type { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import { headerText, logActivity } from '../src/log-activity.ts';
import { contextFields, withLogContext } from '../src/log-context.ts';
import { temporalLogger } from '../src/log-temporal.ts';
import { createLogger } from '../src/log.ts';
import { TURN_HEADER } from '../workflows/headers.ts';

function capture() {
  const lines: string[] = [];
  const log = createLogger({
    level: 'debug',
    role: 'worker',
    process: 'voca-worker-2',
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>, lines };
}

describe('a log line', () => {
  test('names its process', () => {
    const { log, last } = capture();
    log.info('hello');
    expect(last()).toMatchObject({ role: 'worker', process: 'voca-worker-2' });
  });

  test('names what is being done, also behind awaits, and as it is known by then', async () => {
    const { log, last } = capture();
    let turn: string | undefined;
    await withLogContext(
      () => ({ callId: 'call_abc', turn }),
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        turn = '4';
        log.info('within');
      },
    );
    expect(last()).toMatchObject({ callId: 'call_abc', turn: '4' });
    log.info('outside');
    expect(last()).not.toHaveProperty('callId');
    expect(contextFields()).toBeUndefined();
  });

  test('prefers what it says itself, and holds nothing out of form', () => {
    const { log, last, lines } = capture();
    const work = () => log.info('within', { callId: 'call_own' });
    withLogContext(() => ({ callId: 'call_abc', turn: '+15005550006' }), work);
    expect(last()).toMatchObject({ callId: 'call_own', turn: '[unfit]' });
    expect(lines.join('')).not.toContain('5005550006');
  });

  test('takes the ids of Twilio and of traces only in their form', () => {
    const { log, last } = capture();
    const twilioRequest = '1b7f7a5e-6c1b-4a52-9d2b-6f0a3c1d2e4f';
    log.info('ids', { twilioRequest, traceId: 'a1'.repeat(16) });
    expect(last()).toMatchObject({ twilioRequest, traceId: 'a1'.repeat(16) });
    log.info('no ids', { twilioRequest: 'my card number', traceId: '4155550123' });
    expect(last()).toMatchObject({ twilioRequest: '[unfit]', traceId: '[unfit]' });
  });
});

describe('a line of an activity', () => {
  const context = (activityType: string, attempt = 1) =>
    ({
      info: { activityType, attempt, workflowExecution: { workflowId: 'call_abc' } },
    }) as unknown as Context;

  test('names the call, the activity, the turn of its header and the attempt', async () => {
    const { log, last } = capture();
    const { inbound, outbound } = logActivity(context('reply', 2));
    const headers = { [TURN_HEADER]: defaultPayloadConverter.toPayload('3-2') };
    await inbound?.execute?.({ args: [], headers }, async () => log.info('asking'));
    expect(last()).toMatchObject({ callId: 'call_abc', name: 'reply', turn: '3-2', attempt: 2 });
    const attributes = outbound?.getLogAttributes?.({ workflowId: 'call_abc' }, (given) => given);
    temporalLogger(log).warn('Activity failed', attributes);
    expect(last()).toMatchObject({ callId: 'call_abc', turn: '3-2' });
  });

  test('of a record names the last turn in it', async () => {
    const { log, last } = capture();
    const events = [{ turn: { key: '1' } }, { turn: { key: '2' } }, { type: 'call.ended' }];
    const { inbound } = logActivity(context('record'));
    await inbound?.execute?.({ args: [{ events }], headers: {} }, async () => log.info('writing'));
    expect(last()).toMatchObject({ callId: 'call_abc', turn: '2' });
  });

  test('names no turn where there is none', async () => {
    const { log, last } = capture();
    const { inbound, outbound } = logActivity(context('askCarrier'));
    await inbound?.execute?.({ args: [], headers: {} }, async () => log.info('asking'));
    expect(last()).not.toHaveProperty('turn');
    expect(outbound?.getLogAttributes?.({ a: 1 }, (given) => given)).toEqual({ a: 1 });
  });

  test('takes no header that is no text', () => {
    expect(headerText({ x: defaultPayloadConverter.toPayload({ a: 1 }) }, 'x')).toBeUndefined();
    expect(headerText({}, 'x')).toBeUndefined();
  });
});
