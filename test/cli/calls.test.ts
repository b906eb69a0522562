import { describe, expect, test } from '@jest/globals';
import { fakeApiOfEachTest, listOf, problem, streamOf } from './fake-api.ts';
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
      { ...turn('3', 'Wait.', 'You can '), interrupted: true },
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
        '  caller     Wait.',
        '  assistant  You can —',
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
  const event = (sequence: number, type: string, data: object) => ({
    ...{ id: `evt_${sequence}`, object: 'event', type, timestamp: '2026-03-01T12:00:00.000Z' },
    ...{ api_version: '2026-12-01', sequence, data },
  });
  const status = (sequence: number, name: string, reason: string | null = null) =>
    event(sequence, `call.${name}`, { call: { id: 'call_1', status: name, end_reason: reason } });
  const said = (sequence: number, ...args: Parameters<typeof turn>) =>
    event(sequence, 'call.turn.completed', { call_id: 'call_1', turn: turn(...args) });
  const STORY = [
    status(1, 'created'),
    status(2, 'answered'),
    said(3, '1', 'A table\u001b[31m for two.', null, 'unanswered'),
    event(4, 'call.degraded', { call_id: 'call_1', cause: 'fallback_model' }),
    said(5, '1', 'A table\u001b[31m for two.', 'For when?'),
    event(6, 'call.of.tomorrow', { anything: 1 }),
    said(7, '2', 'Never mind.', 'Bye.', 'unheard'),
    status(8, 'ended', 'caller-hung-up'),
    event(9, 'call.summarized', { call_id: 'call_1', summary: 'Nothing.' }),
  ];
  const LINES = [
    '-- created',
    '-- answered',
    '  assistant  Hello.',
    '  caller     A table[31m for two.',
    '             (unanswered)',
    '             (a fallback model answers)',
    '  assistant  For when?',
    '  caller     Never mind.',
    '  assistant  Bye.',
    '             (unheard)',
    '-- ended (caller-hung-up)',
    'Summary: Nothing.',
  ];
  /** As the API does it: behind the event that was read last. */
  const rest = (last: unknown, count = STORY.length) => {
    const from = STORY.findIndex(({ id }) => id === last) + 1;
    return STORY.slice(from, from + count);
  };
  const streaming = (
    answer: (last: unknown, nth: number) => ReturnType<typeof streamOf>,
  ): Answering => {
    let nth = 0;
    return ({ path, headers }) =>
      path === '/calls/call_1'
        ? { body: WITH_TRANSCRIPT }
        : answer(headers['last-event-id'], (nth += 1));
  };

  test('prints each line once, as it comes, and ends with the call', async () => {
    const { run, asked, log } = await answering(streaming((last) => streamOf(rest(last))));
    const { code, out, err } = await run(['calls', 'watch', 'call_1']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual(LINES);
    expect(log()).toEqual(['GET /calls/call_1/events', 'GET /calls/call_1']);
    expect(asked[0]?.headers).toMatchObject({ accept: 'text/event-stream' });
    expect(asked[0]?.headers['last-event-id']).toBeUndefined();
  });

  test('is the events themselves for programs, one a line', async () => {
    const { run, log } = await answering(streaming((last) => streamOf(rest(last))));
    const { out } = await run(['calls', 'watch', 'call_1', '--json']);
    expect(out.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(STORY);
    expect(log()).toEqual(['GET /calls/call_1/events']);
  });

  test('goes on behind what it has read, however the connection ends', async () => {
    const { run, asked } = await answering(
      streaming((last, nth) => {
        if (nth % 5 === 2) return { cut: 'before' };
        if (nth % 5 === 3) return problem(503, 'unavailable');
        if (nth % 5 === 4) return streamOf(rest(last, 2));
        return streamOf(rest(last, 2), nth % 5 === 0 ? 'after' : 'after, in order');
      }),
    );
    const { code, out } = await run(['calls', 'watch', 'call_1', '--json']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(STORY);
    expect(asked.at(-1)?.headers['last-event-id']).toBe('evt_8');
  }, 20_000);

  test('says that the API is away when it does not come back at once', async () => {
    const { run } = await answering(
      streaming((last, nth) => {
        if (nth > 1 && nth < 4) return { cut: 'before' };
        return last === 'evt_9' ? { status: 204 } : streamOf(rest(last, 4), 'after');
      }),
    );
    const { code, err } = await run(['calls', 'watch', 'call_1']);
    expect([code, err]).toEqual([0, 'The API is away; still watching ...\nThe API is back.']);
  });

  test('ends where nothing is left to be told', async () => {
    const { run, asked } = await answering(() => ({ status: 204 }));
    expect(await run(['calls', 'watch', 'call_1'])).toEqual({ code: 0, out: '', err: '' });
    expect(asked).toHaveLength(1);
  });

  test.each([
    [404, 'not-found', 1],
    [403, 'scope-missing', 4],
    [422, 'event-unknown', 2],
  ])('fails at once on %d', async (answered, name, expected) => {
    const { run, asked } = await answering(() => problem(answered, name));
    const { code, out } = await run(['calls', 'watch', 'call_1']);
    expect([code, out, asked.length]).toEqual([expected, '', 1]);
  });

  test('does not take another page for the stream', async () => {
    const { run } = await answering(() => ({
      body: '<html>',
      headers: { 'content-type': 'text/html' },
    }));
    const { code, err } = await run(['calls', 'watch', 'call_1']);
    expect(code).toBe(1);
    expect(err).toContain('Look at VOCA_API_URL');
  });
});
