import { afterEach, describe, expect, test } from '@jest/globals';
import type { Bench } from './bench.ts';
import { startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function run(twiml: string, answers: Record<string, Answer> = {}) {
  bench = await startBench({ '/voice': twiml, ...answers });
  const phone = bench.call();
  const ended = await phone.ended;
  return {
    ended,
    heard: phone.transcript.map(({ kind, text }) => `${kind}: ${text}`),
    problems: bench.sim.log.of('error').map(({ code, message }) => `${code} ${message}`),
    bench,
  };
}

describe('TwiML', () => {
  test.each([
    [
      '<Say>Fish &amp; <emphasis>chips</emphasis>,<break time="1s"/>please</Say>',
      ['say: Fish & chips, please'],
    ],
    ['<Say><![CDATA[1 < 2]]></Say>', ['say: 1 < 2']],
    ['<Say>  two \n lines </Say>', ['say: two lines']],
    ['<Say loop="3">ha</Say>', ['say: ha', 'say: ha', 'say: ha']],
    ['<Say>caf&#233; &#x1F600;</Say>', ['say: café 😀']],
    ['<Say></Say>', []],
    ['<Play digits="12w#"/>', ['keys: 12w#']],
    ['<Hangup/><Say>never</Say>', []],
    ['', []],
  ])('%s is heard as %p', async (twiml, heard) => {
    const result = await run(twiml);
    expect(result.heard).toEqual(heard);
    expect(result.problems).toEqual([]);
    expect(result.ended).toMatchObject({ status: 'completed', reason: 'hangup' });
  });

  test.each([
    ['<Shout>x</Shout><Say>on</Say>', '12200 there is no verb Shout'],
    ['<say>x</say><Say>on</Say>', '12200 there is no verb say'],
    ['<Say volume="9">on</Say>', '12200 Say has no attribute volume'],
    ['<Say>on<b/></Say>', '12200 Say cannot hold b'],
    ['<Dial>1</Dial><Say>on</Say>', '12200 Dial is not played by this simulator'],
    ['stray<Say>on</Say>', '12200 text between verbs'],
    ['<Say>on</Say><Reject/>', '12200 Reject must be the first verb of an unanswered call'],
    ['<Say loop="many">on</Say>', '12200 Say loop must be a whole number from 0'],
  ])('%s is warned about, and the call goes on', async (twiml, problem) => {
    const { heard, problems } = await run(twiml);
    expect(heard).toEqual(['say: on']);
    expect(problems).toEqual([problem]);
  });

  test('over 4,096 characters in a Say is cut and warned about', async () => {
    const { heard, problems } = await run(`<Say>${'x'.repeat(4_097)}</Say>`);
    expect(heard[0]).toHaveLength('say: '.length + 4_096);
    expect(problems).toEqual(['12200 Say holds over 4096 characters']);
  });

  test('Redirect leads to a document relative to this one', async () => {
    const { heard, bench: used } = await run(
      '<Redirect method="GET">more/now?x=1&amp;y=2</Redirect>',
      {
        '/more/now': '<Say>here</Say><Redirect>then</Redirect>',
        '/more/then': '<Say>there</Say>',
      },
    );
    expect(heard).toEqual(['say: here', 'say: there']);
    expect(used.app.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /voice',
      'GET /more/now',
      'POST /more/then',
    ]);
    expect(used.app.at('/more/now')[0]?.query.get('y')).toBe('2');
  });

  test('Play fetches its file; one that is missing is an error and the call goes on', async () => {
    const { heard, problems } = await run('<Play>/tune</Play><Play>/gone</Play><Say>end</Say>', {
      '/tune': (_, response) => response.setHeader('Content-Type', 'audio/wav').end('RIFF'),
    });
    expect(heard).toEqual([`play: /tune`, 'say: end']);
    expect(problems).toEqual(['11200 HTTP status 404']);
  });

  test.each([
    ['<Reject/>', 'no-answer', ['rejected: The number you have dialed is not in service.']],
    ['<Reject reason="busy"/>', 'busy', []],
  ])('%s leaves the call %s', async (twiml, status, heard) => {
    const result = await run(twiml);
    expect(result.ended).toMatchObject({ status, reason: 'rejected', durationSeconds: 0 });
    expect(result.heard).toEqual(heard);
  });

  test('a leading Pause lets the call ring on', async () => {
    bench = await startBench({ '/voice': '<Pause length="2"/><Say>Hi</Say>' }, { timeScale: 0.05 });
    const phone = bench.call();
    await phone.ended;
    const [response] = bench.sim.log.of('response');
    const [ringing, answered] = bench.sim.log.of('call');
    expect([ringing?.status, answered?.status]).toEqual(['ringing', 'in-progress']);
    expect((answered?.atMs ?? 0) - (response?.atMs ?? 0)).toBeGreaterThanOrEqual(95);
  });
});
