import { afterEach, describe, expect, test } from '@jest/globals';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import type { Bench } from './bench.ts';
import { startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** A call to an application that gathers with the given attributes; without input it says so. */
async function gathering(
  attributes: string,
  options: Partial<SimulatorOptions> & { nested?: string; answers?: Record<string, Answer> } = {},
) {
  const { nested = '', answers = {}, ...rest } = options;
  bench = await startBench(
    {
      '/voice': `<Gather ${attributes} action="/heard">${nested}</Gather><Say>no input</Say>`,
      '/heard': '<Hangup/>',
      ...answers,
    },
    rest,
  );
  return { ...bench, phone: bench.call() };
}

const warnings = () => bench?.sim.log.of('error').map(({ code, message }) => `${code} ${message}`);

describe('Gather', () => {
  test.each([
    ['', '12#', { Digits: '12' }],
    ['numDigits="3"', '123', { Digits: '123' }],
    ['numDigits="2"', '123', { Digits: '12' }],
    ['finishOnKey="*"', '1#2*', { Digits: '1#2' }],
    ['finishOnKey="" numDigits="3"', '1#2', { Digits: '1#2' }],
    ['input="dtmf speech"', '7', { Digits: '7' }],
  ])('with %p takes the keys %s as %p', async (attributes, keys, fields) => {
    const { app, phone } = await gathering(attributes);
    await phone.waitUntilListening();
    expect(phone.press(keys).heard).toBe(true);
    await phone.ended;
    const [heard] = app.at('/heard');
    expect(Object.fromEntries(heard?.form ?? [])).toMatchObject(fields);
    expect(heard?.form.has('SpeechResult')).toBe(false);
  });

  test('takes its finish key alone as no input', async () => {
    const { app, phone } = await gathering('input="speech dtmf"');
    await phone.waitUntilListening();
    const spoken = phone.press('#');
    expect((await phone.hears()).text).toBe('no input');
    expect(await spoken.delivered).toBeUndefined();
    expect(app.at('/heard')).toEqual([]);
  });

  test('goes on with the next verb after silence', async () => {
    const { app, phone } = await gathering('input="speech"');
    await phone.staySilent();
    expect((await phone.hears()).text).toBe('no input');
    expect(app.at('/heard')).toEqual([]);
  });

  test('calls its action without a result after silence when told to', async () => {
    const { app, phone } = await gathering('input="speech" actionOnEmptyResult="true"');
    await phone.staySilent();
    await phone.ended;
    const [heard] = app.at('/heard');
    expect(heard?.form.get('CallStatus')).toBe('in-progress');
    for (const name of ['SpeechResult', 'Digits', 'Confidence']) {
      expect(heard?.form.has(name)).toBe(false);
    }
  });

  test('gives the confidence, or leaves it out', async () => {
    const answers = { '/heard': '<Gather input="speech" action="/again"/>', '/again': '<Hangup/>' };
    const { app, phone } = await gathering('input="speech"', { answers });
    await phone.waitUntilListening();
    phone.say('one', { confidence: 0.5 });
    await bench?.sim.log.waitFor('delivered', ({ text }) => text === 'one');
    await phone.waitUntilListening();
    phone.say('two', { confidence: null });
    await phone.ended;
    expect(app.at('/heard')[0]?.form.get('Confidence')).toBe('0.5');
    expect(app.at('/again')[0]?.form.get('SpeechResult')).toBe('two');
    expect(app.at('/again')[0]?.form.has('Confidence')).toBe(false);
  });

  test('stops its prompts when the caller speaks', async () => {
    const nested = '<Say>A very long greeting.</Say><Say>And more of it.</Say>';
    const { sim, phone } = await gathering('input="speech"', { nested, msPerCharacter: 1_000 });
    await phone.hears();
    expect(phone.isListening).toBe(false);
    expect(phone.say('stop').heard).toBe(true);
    await phone.ended;
    expect(sim.log.of('cut-off')).toMatchObject([{ why: 'barge-in' }]);
    expect(phone.transcript.map(({ text }) => text)).toEqual(['A very long greeting.', 'stop']);
  });

  test('is deaf during its prompts when barge-in is off', async () => {
    const nested = '<Say>Hello</Say>';
    const { phone } = await gathering('input="speech" bargeIn="false"', {
      nested,
      msPerCharacter: 10,
    });
    await phone.hears();
    expect(phone.say('too early')).toMatchObject({ heard: false, whyNot: 'barge-in is off' });
    await phone.waitUntilListening();
    expect(phone.say('now').heard).toBe(true);
    await phone.ended;
  });

  test('lets the first kind of input win', async () => {
    const { app, phone } = await gathering('input="speech dtmf" speechTimeout="1"', {
      fastForward: false,
      timeScale: 0.05,
    });
    await phone.waitUntilListening();
    phone.say('hello');
    expect(phone.press('1#')).toMatchObject({ heard: false, whyNot: 'speech came first' });
    phone.say('world');
    await phone.ended;
    expect(app.at('/heard')[0]?.form.get('SpeechResult')).toBe('hello world');
  });

  test('does not take speech when it wants keys, nor keys when it wants speech', async () => {
    const { phone } = await gathering('input="dtmf"');
    await phone.waitUntilListening();
    expect(phone.say('hello')).toMatchObject({ heard: false, whyNot: expect.any(String) });
    await phone.staySilent();
    await bench?.close();
    const second = await gathering('input="speech"');
    await second.phone.waitUntilListening();
    expect(second.phone.press('1').heard).toBe(false);
  });

  test('waits for its timeout in scaled time', async () => {
    const { sim, phone } = await gathering('timeout="10"', { timeScale: 0.01 });
    await phone.ended;
    const [open, closed] = sim.log.of('listening');
    const waitedMs = (closed?.atMs ?? 0) - (open?.atMs ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(95);
    expect(waitedMs).toBeLessThan(2_000);
  });

  test('hears 60 seconds of speech and no more', async () => {
    const { app, sim, phone } = await gathering('input="speech"');
    await phone.waitUntilListening();
    phone.say('one two three four', { durationMs: 120_000 });
    await phone.ended;
    expect(app.at('/heard')[0]?.form.get('SpeechResult')).toBe('one two');
    expect(sim.log.of('spoke')[0]).toMatchObject({ heard: true, lost: 'three four' });
  });

  test('without an action asks for the same document again', async () => {
    let requests = 0;
    const voice: Answer = ({ form }) => {
      requests += 1;
      return requests === 1 ? '<Gather input="speech"/>' : `<Say>${form.get('SpeechResult')}</Say>`;
    };
    bench = await startBench({ '/voice': voice }, { number: { voiceUrl: '/voice?a=b#rc=0' } });
    const phone = bench.call();
    await phone.waitUntilListening();
    phone.say('me again');
    expect((await phone.hears()).text).toBe('me again');
    await phone.ended;
    expect(bench.app.at('/voice').map(({ target }) => target)).toEqual([
      '/voice?a=b',
      '/voice?a=b',
    ]);
  });

  test('sends its result by GET in the query when told to', async () => {
    const { app, phone } = await gathering('input="speech" method="GET"');
    await phone.waitUntilListening();
    phone.say('a & b = c');
    await phone.ended;
    const [heard] = app.at('/heard');
    expect(heard?.method).toBe('GET');
    expect(heard?.query.get('SpeechResult')).toBe('a & b = c');
  });

  test('posts partial results when asked to', async () => {
    const { app, phone } = await gathering('input="speech" partialResultCallback="/partial"', {
      answers: { '/partial': '' },
    });
    await phone.waitUntilListening();
    phone.say('hello');
    await phone.ended;
    await bench?.sim.log.waitFor('response', ({ purpose }) => purpose === 'partial');
    expect(app.at('/partial')[0]?.form.get('UnstableSpeechResult')).toBe('hello');
  });

  test('waits for a caller who has begun to speak', async () => {
    const { app, phone } = await gathering('input="speech" timeout="1"', { timeScale: 0.02 });
    await phone.waitUntilListening();
    phone.startSpeaking();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(phone.say('well...').heard).toBe(true);
    await phone.ended;
    expect(app.at('/heard')).toHaveLength(1);
  });

  test.each([
    [`hints="${'x'.repeat(101)}"`, '12200 a hint has over 100 characters'],
    [`hints="${'x,'.repeat(501)}"`, '12200 Gather has over 500 hints'],
    ['input="voice"', '12200 Gather input must be dtmf, speech or both'],
    ['timeout="soon"', '12200 Gather timeout must be a whole number from 0'],
    ['finishOnKey="12"', '12200 finishOnKey must be one key or empty'],
    ['numDigits="0"', '12200 Gather numDigits must be a whole number from 1'],
    ['speechmodel="x"', '12200 Gather has no attribute speechmodel'],
    [
      'speechModel="phone_call" speechTimeout="auto"',
      '12200 speechTimeout must be a number when a speechModel is given',
    ],
  ])('warns about %s and goes on', async (attributes, warning) => {
    const { phone } = await gathering(attributes);
    await phone.staySilent();
    expect(await phone.ended).toMatchObject({ status: 'completed', reason: 'hangup' });
    expect(warnings()).toContain(warning);
  });

  test('warns about a verb that cannot be nested', async () => {
    const { phone } = await gathering('', { nested: '<Redirect>/x</Redirect>' });
    await phone.staySilent();
    await phone.ended;
    expect(warnings()).toEqual(['12200 Redirect cannot be nested in Gather']);
  });
});

describe('a caller', () => {
  test('is not heard while no Gather is open', async () => {
    bench = await startBench({ '/voice': '<Say>Hello there</Say>' }, { msPerCharacter: 20 });
    const phone = bench.call();
    await phone.hears();
    expect(phone.say('hello?')).toMatchObject({ heard: false, whyNot: 'no Gather is open' });
    expect(bench.sim.log.of('spoke')).toMatchObject([{ text: 'hello?', heard: false }]);
    await phone.ended;
  });

  test('who hangs up while an answer is awaited leaves a delivery that was not executed', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { phone } = await gathering('input="speech"', {
      answers: { '/heard': () => held.then(() => '<Say>too late</Say>') },
    });
    await phone.waitUntilListening();
    const spoken = phone.say('wait');
    await bench?.sim.log.waitFor('request', ({ purpose }) => purpose === 'action');
    phone.hangUp();
    await phone.ended;
    release();
    expect(await spoken.delivered).toMatchObject({ answered: true, executed: false });
    expect(phone.transcript.map(({ text }) => text)).toEqual(['wait']);
  });

  test('who hangs up in the middle of a sentence never delivers it', async () => {
    const { app, phone } = await gathering('input="speech"', { fastForward: false });
    await phone.waitUntilListening();
    const spoken = phone.say('I would like');
    expect(spoken.heard).toBe(true);
    phone.hangUp();
    expect(await spoken.delivered).toBeUndefined();
    expect(app.at('/heard')).toEqual([]);
  });
});
