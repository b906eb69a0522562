import { describe, expect, test } from '@jest/globals';
import { fakeApiOfEachTest, listOf, problem } from './fake-api.ts';
import type { Answering } from './fake-api.ts';

const answering = fakeApiOfEachTest();

const CALL = {
  id: 'call_1',
  object: 'call',
  status: 'ended',
  direction: 'inbound',
  from: '+14155550100',
  to: '+15005550006',
  assistant: { id: 'asst_1', version: 3 },
  phone_number_id: null,
  session_id: 'sess_1',
  dial: null,
  end_reason: 'caller-hung-up',
  summary: 'A table was booked.',
  duration_seconds: 42,
  created_at: '2026-03-01T12:00:00.000Z',
  ended_at: '2026-03-01T12:00:42.000Z',
  erased_at: null,
};

const turn = (key: string, text: string, reply: string | null, status = 'answered') => ({
  key,
  position: Number(key),
  status,
  heard: { kind: 'speech', text, confidence: 0.9 },
  reply,
  heard_at: '2026-03-01T12:00:01.000Z',
  replied_at: null,
});

const WITH_TRANSCRIPT = {
  ...CALL,
  transcript: {
    greeting: 'Hello.',
    turns: [
      turn('1', 'A table\u001b[31m for two.', 'For when?'),
      { ...turn('2', '', null, 'unanswered'), heard: { kind: 'keys', digits: '42' } },
    ],
  },
  temporal_url: null,
};

describe('voca calls list', () => {
  test('asks for what was filtered, and shows a table', async () => {
    const { run, asked } = await answering(() => listOf([CALL]));
    const { code, out } = await run([
      ...['calls', 'list', '--status', 'ended', '--end-reason', 'caller-hung-up'],
      ...['--assistant', 'asst_1', '--number', 'pn_1', '--session', 'sess_1'],
      ...['--from', '+14155550100', '--since', '2026-03-01T00:00:00Z', '--limit', '5'],
    ]);
    expect(code).toBe(0);
    const query = Object.fromEntries(new URLSearchParams(asked[0]?.path.split('?')[1]));
    expect(query).toEqual({
      status: 'ended',
      end_reason: 'caller-hung-up',
      assistant_id: 'asst_1',
      phone_number_id: 'pn_1',
      session_id: 'sess_1',
      from: '+14155550100',
      'created_at[gte]': '2026-03-01T00:00:00Z',
      limit: '5',
    });
    expect(out.split('\n')[1]?.split(/ {2,}/)).toEqual([
      ...['call_1', 'inbound', 'ended (caller-hung-up)', '+14155550100', '+15005550006'],
      ...['2026-03-01T12:00:00.000Z', '42'],
    ]);
  });

  test('is an array for programs', async () => {
    const { run } = await answering(() => listOf([CALL]));
    expect(JSON.parse((await run(['calls', 'list', '--json'])).out)).toEqual([CALL]);
  });
});

describe('voca calls show', () => {
  test('is the transcript for a person', async () => {
    const { run, log } = await answering(() => ({ body: WITH_TRANSCRIPT }));
    const { code, out } = await run(['calls', 'show', 'call_1']);
    expect(code).toBe(0);
    expect(log()).toEqual(['GET /calls/call_1']);
    expect(out).toBe(
      [
        'call_1  inbound  ended (caller-hung-up)',
        'from +14155550100 to +15005550006',
        'assistant asst_1, version 3',
        'session sess_1',
        'created 2026-03-01T12:00:00.000Z, ended 2026-03-01T12:00:42.000Z, 42 s long',
        '',
        '  assistant  Hello.',
        '  caller     A table[31m for two.',
        '  assistant  For when?',
        '  caller     [keys 42]',
        '             (unanswered)',
        '',
        'Summary: A table was booked.',
      ].join('\n'),
    );
  });

  test('is the answer of the API for programs', async () => {
    const { run } = await answering(() => ({ body: WITH_TRANSCRIPT }));
    expect(JSON.parse((await run(['calls', 'show', 'call_1', '--json'])).out)).toEqual(
      WITH_TRANSCRIPT,
    );
  });
});

describe('voca calls create', () => {
  const placed = { ...CALL, direction: 'outbound', status: 'queued', dial: 'accepted' };

  test('places a call with what was given', async () => {
    const { run, asked } = await answering(() => ({ status: 201, body: placed }));
    const { code, out } = await run([
      ...['calls', 'create', '+14155550100', '--assistant', 'asst_1', '--from', '+15005550006'],
      ...['--var', 'name=Ada', '--var', 'why=a=b', '--metadata', 'order=17'],
      ...['--idempotency-key', 'reminder-17'],
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^call_1 {2}outbound {2}queued/);
    expect(asked[0]).toMatchObject({ method: 'POST', path: '/calls' });
    expect(asked[0]?.headers['idempotency-key']).toBe('reminder-17');
    expect(asked[0]?.body).toEqual({
      to: '+14155550100',
      assistant_id: 'asst_1',
      from: '+15005550006',
      variables: { name: 'Ada', why: 'a=b' },
      metadata: { order: '17' },
    });
  });

  test('asks again with its key until it is known whether it was placed', async () => {
    const { run, asked } = await answering((_asked, count) =>
      count === 1
        ? { status: 202, body: { ...placed, dial: 'unclear' } }
        : { status: 201, body: placed },
    );
    expect((await run(['calls', 'create', '+14155550100'])).code).toBe(0);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
  });

  test.each(['refused', 'unclear'])(
    'fails when the dialling was %s, and shows it',
    async (dial) => {
      const { run } = await answering(() => ({ status: 201, body: { ...placed, dial } }));
      const { code, out } = await run(['calls', 'create', '+14155550100']);
      expect(code).toBe(1);
      expect(out).toMatch(/Twilio (did not place|may or may not have placed) this call/);
    },
  );

  test.each([[['--var', 'name']], [['--metadata', '=x']], [['--var', '__proto__=x']], [['more']]])(
    'is wrong use with %j',
    async (more) => {
      const { run, asked } = await answering(() => ({ body: placed }));
      const { code, err } = await run(['calls', 'create', '+14155550100', ...more]);
      expect([code, asked]).toEqual([2, []]);
      expect(err).not.toBe('');
    },
  );
});

describe('voca calls end', () => {
  test('ends each, after some words', async () => {
    const { run, asked } = await answering(({ path }) => ({
      body: { object: 'hang_up', result: path.includes('call_2') ? 'was-over' : 'ended' },
    }));
    const { code, out } = await run(['calls', 'end', 'call_1', 'call_2', '--say', 'Goodbye.']);
    expect([code, out]).toEqual([0, 'call_1 is ended.\ncall_2 was over already.']);
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      ['/calls/call_1/hangup', { message: 'Goodbye.' }],
      ['/calls/call_2/hangup', { message: 'Goodbye.' }],
    ]);
  });

  test('goes on behind one that is not known, and tells which', async () => {
    const { run } = await answering(({ path }) =>
      path.includes('call_1') ? problem(404, 'not-found') : { body: { result: 'ended' } },
    );
    const { code, out, err } = await run(['calls', 'end', 'call_1', 'call_2', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      { id: 'call_1', done: false },
      { id: 'call_2', done: true, result: 'ended' },
    ]);
    expect(err).toMatch(/^call_1: Title of not-found/);
  });

  test.each([
    [['--all'], { confirm: true }],
    [
      ['--assistant', 'asst_1', '--direction', 'inbound'],
      {
        filter: { assistant_id: 'asst_1', direction: 'inbound' },
      },
    ],
    [
      ['--number', 'pn_1', '--say', 'Bye.'],
      { filter: { phone_number_id: 'pn_1' }, message: 'Bye.' },
    ],
  ])('ends several at once: %j', async (args, order) => {
    const results = [{ id: 'call_1', result: 'ended' }];
    const { run, asked } = await answering(() => ({ body: { failed: 0, results } }));
    expect(await run(['calls', 'end', ...args])).toMatchObject({
      code: 0,
      out: 'call_1 is ended.',
    });
    expect(asked[0]).toMatchObject({ path: '/calls/hangup-all', body: order });
  });

  test('fails when it is not known whether one of them ended', async () => {
    const results = [{ id: 'call_1', result: 'failed' }];
    const { run } = await answering(() => ({ body: { failed: 1, results } }));
    const { code, out } = await run(['calls', 'end', '--all']);
    expect([code, out]).toEqual([
      3,
      'call_1 may not have ended: Temporal or its workers did not answer.',
    ]);
  });

  test.each([[[]], [['call_1', '--all']], [['--all', '--direction', 'inbound']]])(
    'ends nothing unless it is clear which: %j',
    async (args) => {
      const { run, asked } = await answering(() => ({ body: {} }));
      expect((await run(['calls', 'end', ...args])).code).toBe(2);
      expect(asked).toEqual([]);
    },
  );
});

describe('voca calls delete and erase', () => {
  test('hides', async () => {
    const { run, log } = await answering(() => ({ status: 204 }));
    expect((await run(['calls', 'delete', 'call_1'])).out).toBe('call_1 is hidden.');
    expect(log()).toEqual(['DELETE /calls/call_1']);
  });

  test('erases, and waits for it if wanted', async () => {
    const { run, log } = await answering(({ method }, count) => {
      if (method === 'POST') return { status: 202, body: { object: 'erasure', id: 'call_1' } };
      return { body: { ...CALL, erased_at: count < 4 ? null : '2026-03-01T12:01:00.000Z' } };
    });
    expect((await run(['calls', 'erase', 'call_1'])).out).toBe('call_1 is being erased.');
    expect((await run(['calls', 'erase', 'call_1', '--wait'])).out).toBe('call_1 is erased.');
    expect(log()).toEqual([
      'POST /calls/call_1/erase',
      'POST /calls/call_1/erase',
      'GET /calls/call_1',
      'GET /calls/call_1',
    ]);
  });
});

describe('voca calls watch', () => {
  const live = (status: string, turns: unknown[], more: object = {}) => ({
    body: {
      id: 'call_1',
      object: 'live_call',
      status,
      end_reason: null,
      transcript: { greeting: 'Hello.', earlier_turns: 0, turns },
      ended_at: null,
      ...more,
    },
  });
  const thinking = turn('1', 'A table for two.', null, 'thinking');
  const answered = turn('1', 'A table for two.', 'For when?');
  const over = live('ended', [answered, turn('2', 'Never mind.', 'Bye.', 'unheard')], {
    end_reason: 'caller-hung-up',
  });
  const story: Answering = (_asked, count) => {
    if (count === 1) {
      return live('ringing', [], { transcript: { greeting: null, earlier_turns: 0, turns: [] } });
    }
    if (count === 2) return live('listening', []);
    if (count === 3) return live('thinking', [thinking]);
    return count === 4 ? live('listening', [answered]) : over;
  };

  test('prints each line once, as it comes, and ends with the call', async () => {
    const { run, log } = await answering(story);
    const { code, out, err } = await run(['calls', 'watch', 'call_1']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      '-- ringing',
      '-- in-progress',
      '  assistant  Hello.',
      '  caller     A table for two.',
      '  assistant  For when?',
      '  caller     Never mind.',
      '  assistant  Bye.',
      '             (unheard)',
      '-- ended (caller-hung-up)',
    ]);
    expect(new Set(log())).toEqual(new Set(['GET /calls/call_1/live']));
  });

  test('is a JSON document a line for programs', async () => {
    const { run } = await answering(() => over);
    const { out } = await run(['calls', 'watch', 'call_1', '--json']);
    const events = out.split('\n').map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toEqual([
      ...['greeting', 'heard', 'reply', 'heard', 'reply', 'turn', 'status'],
    ]);
    expect(events.at(-1)).toEqual({
      type: 'status',
      status: 'ended',
      end_reason: 'caller-hung-up',
    });
  });

  test('goes on when the api was away for longer than one request is repeated', async () => {
    const { run } = await answering((asked, count) =>
      count > 2 && count < 7 ? { cut: 'before' } : story(asked, count > 6 ? count - 4 : count),
    );
    const { code, out, err } = await run(['calls', 'watch', 'call_1'], { patienceMs: 100 });
    expect(code).toBe(0);
    expect(err).toContain('The API is away; still watching ...');
    expect(out.match(/assistant {2}Hello\./g)).toHaveLength(1);
    expect(out.split('\n').at(-1)).toBe('-- ended (caller-hung-up)');
  });

  test('reads the record of a call that Temporal has no more', async () => {
    const { run, log } = await answering(({ path }) =>
      path.endsWith('/live') ? problem(409, 'conflict') : { body: WITH_TRANSCRIPT },
    );
    const { code, out } = await run(['calls', 'watch', 'call_1']);
    expect(code).toBe(0);
    expect(out).toContain('For when?');
    expect(out).toContain('-- ended (caller-hung-up)');
    expect(log()).toEqual(['GET /calls/call_1/live', 'GET /calls/call_1']);
  });

  test.each([
    [404, 'not-found', 1],
    [403, 'scope-missing', 4],
  ])('fails at once on %d', async (status, name, expected) => {
    const { run } = await answering(() => problem(status, name));
    const { code, out } = await run(['calls', 'watch', 'call_1']);
    expect([code, out]).toEqual([expected, '']);
  });

  test('says that a long call had turns before', async () => {
    const transcript = { greeting: 'Hello.', earlier_turns: 80, turns: [] };
    const { run } = await answering(() => live('ended', [], { transcript }));
    expect((await run(['calls', 'watch', 'call_1'])).out).toContain('80 earlier turns');
  });
});
