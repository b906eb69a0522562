import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/call-gateway.ts';
import { FIXED_LINES } from '../../src/http/answers.ts';
import {
  ANSWERING,
  BASE,
  CALL_SID,
  FIELDS,
  INBOUND_ID,
  listenStep,
  METHODS,
  nextUrl,
  OUTBOUND_FIELDS,
  OUTBOUND_ID,
  saidIn,
  startApp,
  targetOf,
  verbNames,
  verbsOf,
} from './harness.ts';
import type { Script, Server } from './harness.ts';

const OVERRIDES = /#ct=2000&rt=5000&tt=15000&rc=2&rp=all$/;
const SPEECH = `/process_speech/${CALL_SID}`;
const GIVE_UP = /Please call again later/;

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());
beforeEach(() => {
  server.gateway.asked.length = 0;
});

const throws: Script = () => {
  throw new Error('Temporal is away');
};
const rejects: Script = () => Promise.reject(new TypeError('a fault of ours'));
const waits: Script = () => ({ kind: 'wait' });

const asking = ANSWERING.filter(([path]) => !path.startsWith('/webhook/fallback'));

describe.each(METHODS)('by %s', (method) => {
  describe.each(asking)('%s', (path, fields) => {
    const answer = async (script: Script) => {
      server.gateway.script = script;
      const reply = await server.twilio(method, path, fields);
      expect(reply.status).toBe(200);
      return verbsOf(reply);
    };

    test('listens for the turn of a step, at an URL of its own call', async () => {
      const verbs = await answer(() => ({ kind: 'step', step: listenStep('Hello.', '7') }));
      expect(verbNames(verbs)).toEqual(['Gather', 'Say']);
      const call = fields === FIELDS ? INBOUND_ID : OUTBOUND_ID;
      const url = nextUrl(verbs) ?? '';
      expect(url).toMatch(OVERRIDES);
      expect(targetOf(url)).toBe(`${SPEECH}?call=${call}&turn=7`);
    });

    test('hangs up after the last words', async () => {
      const step = { ...listenStep('Goodbye.'), next: { kind: 'hangup' } as const };
      const verbs = await answer(() => ({ kind: 'step', step }));
      expect(verbNames(verbs)).toEqual(['Say', 'Hangup']);
    });

    test('comes back without a turn when the turn was passed over', async () => {
      const step = { ...listenStep(''), next: { kind: 'resume' } as const };
      const verbs = await answer(() => ({ kind: 'step', step }));
      expect(verbNames(verbs)).toEqual(['Redirect']);
      expect(targetOf(nextUrl(verbs) ?? '')).toMatch(/\?call=call_\w+&wait=1$/);
    });

    test('asks again under the key that the gateway gives', async () => {
      const verbs = await answer(() => ({ kind: 'ask-again', key: '3-2' }));
      expect(verbNames(verbs)).toEqual(['Gather', 'Say']);
      expect(targetOf(nextUrl(verbs) ?? '')).toMatch(/\?call=call_\w+&turn=3-2$/);
      expect(saidIn(verbs).join(' ')).toMatch(/say it again/);
    });

    test('hangs up when the call is known to be over', async () => {
      expect(verbNames(await answer(() => ({ kind: 'over' })))).toEqual(['Hangup']);
    });

    test.each<[string, Script]>([
      ['waits', waits],
      ['throws', throws],
      ['rejects', rejects],
      ['answers with nothing', () => undefined as unknown as Answer],
      ['gives a key that fits into no URL', () => ({ kind: 'ask-again', key: '3&turn=4' })],
    ])('says a filler and comes back when the gateway %s', async (_what, script) => {
      const verbs = await answer(script);
      expect(verbNames(verbs)).toEqual(['Say', 'Redirect']);
      expect(FIXED_LINES).toContain(saidIn(verbs)[0]);
      expect(nextUrl(verbs)).toMatch(OVERRIDES);
      const next = new URL(nextUrl(verbs) ?? '');
      const now = new URL(BASE + path);
      expect(next.pathname).toBe(now.pathname === '/outbound' ? '/outbound' : now.pathname);
      expect(next.searchParams.get('turn')).toBe(now.searchParams.get('turn'));
      expect(Number(next.searchParams.get('wait'))).toBe(
        Number(now.searchParams.get('wait') ?? 0) + 1,
      );
      // The id of an inbound call that has not begun follows from Twilio's own.
      expect(next.searchParams.get('call')).toBe(now.searchParams.get('call'));
    });
  });

  test.each(ANSWERING.slice(-2))('%s speaks with the gateway away', async (path, fields) => {
    server.gateway.script = throws;
    const verbs = verbsOf(await server.twilio(method, path, fields));
    expect(verbNames(verbs)).toEqual(['Say', 'Redirect']);
    expect(targetOf(nextUrl(verbs) ?? '')).toMatch(/^\/process_speech\/\w+\?call=call_\w+&wait=1$/);
    expect(server.gateway.asked).toEqual([]);
  });
});

/** Follows every Redirect as Twilio does, until an answer has none. */
async function follow(
  path: string,
  fields: Record<string, string>,
  maxRounds: number,
): Promise<{ lines: string[]; targets: string[]; last: string[] }> {
  const lines: string[] = [];
  const targets: string[] = [];
  let target = path;
  for (let round = 0; round <= maxRounds; round++) {
    const verbs = verbsOf(await server.twilio('POST', target, fields));
    lines.push(...saidIn(verbs));
    const names = verbNames(verbs);
    if (!names.includes('Redirect')) return { lines, targets, last: names };
    target = targetOf(nextUrl(verbs) ?? '');
    targets.push(target);
  }
  throw new Error('the caller is held for ever');
}

describe('a caller who is held', () => {
  test.each<[string, Record<string, string>, number]>([
    ['/webhook/voice', FIELDS, 8],
    [`/outbound?call=${OUTBOUND_ID}`, OUTBOUND_FIELDS, 8],
    [`${SPEECH}?call=${INBOUND_ID}&turn=3-2`, FIELDS, 150],
    [`${SPEECH}?call=${OUTBOUND_ID}`, OUTBOUND_FIELDS, 150],
    [`/webhook/fallback?call=${OUTBOUND_ID}`, OUTBOUND_FIELDS, 150],
  ])('at %s is asked to call again in the end', async (path, fields, rounds) => {
    for (const script of [waits, throws]) {
      server.gateway.script = script;
      const { lines, targets, last } = await follow(path, fields, 200);
      expect(last).toEqual(['Say', 'Hangup']);
      expect(lines.at(-1)).toMatch(GIVE_UP);
      expect(targets).toHaveLength(rounds);
      expect(targets.map((target) => Number(/wait=(\d+)$/.exec(target)?.[1]))).toEqual(
        Array.from({ length: rounds }, (_, i) => i + 1),
      );
      // One line a round, never the same twice in a row before something must be away.
      expect(lines).toHaveLength(rounds + 1);
      for (let i = 1; i < 5; i++) expect(lines[i]).not.toBe(lines[i - 1]);
    }
  });

  test('creates no turn by coming back', async () => {
    server.gateway.script = waits;
    const fields = { ...FIELDS, SpeechResult: 'a table for two' };
    await follow(`${SPEECH}?call=${INBOUND_ID}&turn=3`, fields, 200);
    const heard = server.gateway.asked.filter(({ ask }) => ask === 'hear');
    expect(heard).toHaveLength(1);
    const rounds = server.gateway.asked.flatMap((asked) =>
      asked.ask === 'waitFor' ? [[asked.key, asked.round]] : [],
    );
    expect(rounds).toEqual(Array.from({ length: 150 }, (_, i) => ['3', i + 1]));
  });

  test('gets the reply in whichever round it comes', async () => {
    let round = 0;
    server.gateway.script = () =>
      ++round < 5 ? { kind: 'wait' } : { kind: 'step', step: listenStep('At eight.', '4') };
    const { lines, last } = await follow(`${SPEECH}?call=${INBOUND_ID}&turn=3`, FIELDS, 10);
    expect(lines.at(-1)).toBe('At eight.');
    expect(last).toEqual(['Gather', 'Say']);
    expect(new Set(lines).size).toBe(4);
  });

  test('is given up at once behind the last round', async () => {
    server.gateway.script = waits;
    const reply = await server.twilio('POST', `${SPEECH}?call=${INBOUND_ID}&turn=3&wait=9999`);
    expect(verbNames(verbsOf(reply))).toEqual(['Say', 'Hangup']);
  });
});

describe('the fallback route', () => {
  const fallback = async (fields: Record<string, string>) => {
    const failure = { ErrorCode: '11200', ...fields };
    return verbsOf(await server.twilio('POST', '/webhook/fallback', { ...FIELDS, ...failure }));
  };

  test('cannot be asked for ever: its rounds go on from the URL that failed', async () => {
    let errorUrl = `${BASE}${SPEECH}?call=${INBOUND_ID}&turn=3`;
    const rounds: number[] = [];
    let verbs = await fallback({ ErrorUrl: errorUrl });
    while (verbNames(verbs).includes('Redirect') && rounds.length < 1000) {
      const next = nextUrl(verbs) ?? '';
      rounds.push(Number(/&wait=(\d+)#/.exec(next)?.[1]));
      // Everything fails, so Twilio falls back again with the URL it was sent to.
      errorUrl = rounds.length % 2 === 0 ? next : `${BASE}${targetOf(next)}`;
      verbs = await fallback({ ErrorUrl: errorUrl });
    }
    expect(rounds).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    expect(verbNames(verbs)).toEqual(['Say', 'Hangup']);
    expect(saidIn(verbs).join(' ')).toMatch(GIVE_UP);
  });

  test.each<[string, number]>([
    ['', 1],
    ['not an URL', 1],
    [`${BASE}/webhook/voice?wait=3`, 4],
    [`${BASE}/outbound?wait=x`, 1],
    [`${BASE}/x?nowait=7`, 1],
    [`${BASE}/x?wait=-5`, 1],
    [`${BASE}/x?wait=`, 1],
    ['<Dial>911</Dial>', 1],
  ])('reads its round from %j', async (errorUrl, round) => {
    expect(nextUrl(await fallback({ ErrorUrl: errorUrl }))).toContain(`wait=${round}#`);
  });

  test.each(['9999', '10000', '99999999999999999999'])(
    'gives up after the round %s',
    async (wait) => {
      const verbs = await fallback({ ErrorUrl: `${BASE}${SPEECH}?wait=${wait}` });
      expect(verbNames(verbs)).toEqual(['Say', 'Hangup']);
    },
  );

  test('asks nobody, whatever it is told', async () => {
    server.gateway.script = throws;
    await fallback({ ErrorUrl: `${BASE}/call/status`, ErrorCode: '<b>1</b>' });
    expect(server.gateway.asked).toEqual([]);
  });
});
