import { describe, expect, test } from '@jest/globals';
import { CallRequestError, NotReadyError } from '../../src/call-manager.ts';
import { CALL_ID, FakeManager, OTHER_ID, run, SNAPSHOT } from './fake-manager.ts';

const managerWith = (changes: Partial<FakeManager>) => Object.assign(new FakeManager(), changes);

describe('voca call', () => {
  test('places a call and shows it', async () => {
    const { code, out, err, asked } = await run(['call', '+14155550100']);
    expect([code, err]).toEqual([0, '']);
    expect(asked).toEqual([['makeCall', '+14155550100', {}]]);
    expect(out).toContain(CALL_ID);
    expect(out).toContain('from +15005550001 to +15005550006');
  });

  test('passes on whose voice it is', async () => {
    const { asked } = await run(['call', '+14155550100', '--assistant', 'asst_1']);
    expect(asked).toEqual([['makeCall', '+14155550100', { assistantId: 'asst_1' }]]);
  });

  test('prints the call as JSON for programs, and nothing else', async () => {
    const { code, out } = await run(['call', '+14155550100', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(SNAPSHOT);
  });

  test.each([
    ['refused', 'Twilio did not place this call (no reason given).'],
    ['unclear', 'it is not dialled again'],
    [undefined, CALL_ID],
  ] as const)('fails when the dialling was %s, and still shows the call', async (dial, text) => {
    const { dial: _, ...rest } = SNAPSHOT;
    const manager = managerWith({ call: { ...rest, ...(dial && { dial }) } });
    const { code, out } = await run(['call', '+14155550100'], manager);
    expect(code).toBe(1);
    expect(out).toContain(text);
  });

  test('is wrong use with a number that cannot be called', async () => {
    const { code, out, err, asked } = await run(['call', '0123']);
    expect([code, out, asked]).toEqual([2, '', []]);
    expect(err).toMatch(/^The number must be in E\.164 form/);
  });
});

describe('voca calls', () => {
  const active = [
    { callId: CALL_ID, direction: 'inbound', status: 'in-progress', startedAt: '2026-09-01' },
    { callId: OTHER_ID, direction: 'outbound', status: 'ringing', startedAt: '2026-09-02' },
  ] as const;

  test('lists the calls that are not over', async () => {
    const { code, out, asked } = await run(['calls'], managerWith({ active: [...active] }));
    expect(code).toBe(0);
    expect(asked).toEqual([['listActive']]);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['CALL', 'DIRECTION', 'STATUS', 'STARTED'],
      [CALL_ID, 'inbound', 'in-progress', '2026-09-01'],
      [OTHER_ID, 'outbound', 'ringing', '2026-09-02'],
    ]);
  });

  test('says that there are none', async () => {
    expect(await run(['calls'])).toMatchObject({ code: 0, out: 'No calls.' });
  });

  test('is an array in JSON, also when there are none', async () => {
    expect(JSON.parse((await run(['calls', '--json'])).out)).toEqual([]);
    const { out } = await run(['calls', '--json'], managerWith({ active: [...active] }));
    expect(JSON.parse(out)).toEqual(active);
  });
});

describe('voca status', () => {
  test('shows a call', async () => {
    const { code, out, asked } = await run(['status', CALL_ID]);
    expect(code).toBe(0);
    expect(asked).toEqual([['getCallStatus', CALL_ID]]);
    expect(out).toContain('assistant  Hello.');
    expect(JSON.parse((await run(['status', CALL_ID, '--json'])).out)).toEqual(SNAPSHOT);
  });

  test.each([[[]], [['--json']]])('fails for a call that is not known: %j', async (options) => {
    const manager = managerWith({ call: undefined });
    const { code, out, err } = await run(['status', CALL_ID, ...options], manager);
    expect([code, out, err]).toEqual([1, '', 'There is no such call.']);
  });
});

describe('voca hangup', () => {
  test('ends the calls that are named, after some words', async () => {
    const args = ['hangup', CALL_ID, OTHER_ID, '--say', 'We are closing.'];
    const { code, out, asked } = await run(args);
    expect(code).toBe(0);
    expect(asked).toEqual([['hangupCalls', [CALL_ID, OTHER_ID], 'We are closing.']]);
    expect(out).toBe(`${CALL_ID} ended\n${OTHER_ID} ended`);
  });

  test('ends all calls', async () => {
    const manager = managerWith({ results: ['ended', 'was-over'] });
    const { code, out, asked } = await run(['hangup', '--all'], manager);
    expect(code).toBe(0);
    expect(asked).toEqual([['hangupAllCalls', '']]);
    expect(out).toBe(`${CALL_ID} ended\n${OTHER_ID} was over already`);
  });

  test('succeeds when all of no calls are ended', async () => {
    expect(await run(['hangup', '--all'])).toMatchObject({ code: 0, out: 'No calls to end.' });
  });

  test('succeeds for a call that is over, and fails for one that is not known', async () => {
    const over = managerWith({ results: ['was-over'] });
    expect((await run(['hangup', CALL_ID], over)).code).toBe(0);
    const unknown = managerWith({ results: ['ended', 'unknown'] });
    const { code, out } = await run(['hangup', CALL_ID, OTHER_ID], unknown);
    expect(code).toBe(1);
    expect(out).toBe(`${CALL_ID} ended\n${OTHER_ID} is not known`);
    const failed = managerWith({ results: ['failed', 'ended'] });
    expect((await run(['hangup', CALL_ID, OTHER_ID], failed)).code).toBe(3);
  });

  test('prints what came of each call as JSON', async () => {
    const { out } = await run(['hangup', CALL_ID, '--json']);
    expect(JSON.parse(out)).toEqual([{ callId: CALL_ID, result: 'ended' }]);
  });

  test.each([[['hangup']], [['hangup', '--all', CALL_ID]], [['hangup', '--say', 'Bye']]])(
    'ends nothing unless it is clear which: %j',
    async (args) => {
      const { code, connected, err } = await run(args);
      expect([code, connected]).toEqual([2, 0]);
      expect(err).toContain('--all');
    },
  );
});

describe('wrong use is told before anything is connected', () => {
  test.each([
    [['nonsense']],
    [['call']],
    [['call', '+14155550100', 'more']],
    [['calls', 'more']],
    [['status']],
    [['call', '+14155550100', '--nonsense']],
    [['call', '+14155550100', '--assistant']],
    [['hangup', CALL_ID, '--say']],
    [['--nonsense']],
    [[]],
  ])('%j', async (args) => {
    const { code, out, err, connected } = await run(args);
    expect([code, out, connected]).toEqual([2, '', 0]);
    expect(err).not.toBe('');
  });
});

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']]])('names every command: %j', async (args) => {
    const { code, out, err, connected } = await run(args);
    expect([code, err, connected]).toEqual([0, '', 0]);
    for (const command of ['call ', 'calls ', 'status ', 'hangup ']) {
      expect(out).toContain(`\n  ${command}`);
    }
    expect(out).toContain('Exit codes: 0 done, 1 failed, 2 wrong use, 3 ');
  });

  test.each(['call', 'calls', 'status', 'hangup'])('is there for %s', async (command) => {
    const { code, out } = await run([command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: voca ${command}`);
    expect(out).toContain('--json');
    expect((await run(['help', command])).out).toBe(out);
  });
});

describe('what fails is told on the error stream, with its own exit code', () => {
  const commands = [['call', '+14155550100'], ['calls'], ['status', CALL_ID], ['hangup', CALL_ID]];

  test.each(commands)('voca %s', async (...args) => {
    for (const [failure, code] of [
      [new NotReadyError('No worker.'), 3],
      [new CallRequestError('Not so.'), 2],
      [new Error('Something else.'), 1],
    ] as const) {
      for (const options of [[], ['--json']]) {
        const asked = await run([...args, ...options], managerWith({ failure }));
        expect(asked).toMatchObject({ code, out: '', err: failure.message });
        const connecting = await run([...args, ...options], new FakeManager(), failure);
        expect(connecting).toMatchObject({ code, out: '', err: failure.message });
      }
    }
  });
});
