/** Models that are slow, silent, broken or absurd: no caller hears dead air, a markup, or the end of his call. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { echo, LiveStack, PATIENCE } from './support/live-stack.ts';
import type { LiveCall } from './support/live-stack.ts';

/** Of a machine that has other things to do. */
const SLACK_MS = 1_500;
const APOLOGY = 'I am sorry, I lost the thread.';

let stack: LiveStack;
beforeAll(async () => {
  stack = await LiveStack.start();
}, 180_000);
afterAll(() => stack.stop());

/** Says something and hears what comes; @returns when each clause began, from the end of his words. */
async function listens(call: LiveCall, until: RegExp): Promise<[string, number][]> {
  const { log } = stack.roles.simulator;
  await call.phone.waitUntilListening(PATIENCE);
  const said = await call.phone.say('What time is it?').delivered;
  if (said?.kind !== 'stream-voice') throw new Error('he was cut off');
  await call.phone.hearsMatching(until, PATIENCE);
  return log
    .of('heard', call.phone.callSid)
    .filter(({ firstWordAtMs = 0 }) => firstWordAtMs >= said.endsAtMs)
    .map(({ text, firstWordAtMs = 0 }) => [text, firstWordAtMs - said.endsAtMs]);
}

describe('a model', () => {
  test('is known to the media worker before anybody calls', async () => {
    await eventually(() => {
      expect(stack.roles.model.log.map(({ path }) => path)).toEqual(['/v1/models']);
    });
  });

  test('that takes 8 s is bridged by fillers, and its answer is used', async () => {
    const call = await stack.call();
    stack.roles.model.script({ kind: 'answer', text: 'It is noon.', afterMs: 8_000 });
    const heard = await listens(call, /It is noon\./);
    await call.phone.waitUntilListening(PATIENCE);
    expect(heard.map(([text]) => text)).toEqual([
      'One moment, please.',
      'I am still on it.',
      'It is noon.',
    ]);
    const [first = 0, second = 0, answer = 0] = heard.map(([, atMs]) => atMs);
    expect(first).toBeLessThan(1_200 + SLACK_MS);
    expect(second - first).toBeLessThan(6_000 + SLACK_MS);
    expect(answer - second).toBeLessThan(6_000 + SLACK_MS);
    call.phone.hangUp();
    expect((await call.record()).transcript.turns).toMatchObject([{ reply: 'It is noon.' }]);
  });

  test('that never answers is excused for, and the call goes on', async () => {
    const call = await stack.call({ failure: { apology: APOLOGY } });
    stack.roles.model.always({ kind: 'stall' });
    const heard = await listens(call, /lost the thread\./);
    expect(heard.at(-1)?.[1]).toBeLessThan(12_000 + SLACK_MS);
    stack.roles.model.always(echo);
    await call.exchange('Are you back?');
    await call.hangUp();
    const { transcript, end_reason: why } = await call.record();
    expect(transcript.turns[0]).toMatchObject({ reply: APOLOGY, reply_source: 'apology' });
    expect(why).toBe('caller-hung-up');
  });
});

describe('an answer that does not come as it should', () => {
  let call: LiveCall;
  beforeAll(async () => {
    call = await stack.call({
      failure: { apology: APOLOGY, end_after: null },
      silence: { max_prompts: 20 },
    });
  });
  afterAll(() => call.phone.hangUp());

  test.each([429, 500] as const)('(status %i) is asked for again', async (status) => {
    stack.roles.model.script({ kind: 'status', status });
    const answer = await call.exchange(`Here comes ${status}.`, /You said: Here comes/);
    expect(answer).not.toContain(APOLOGY);
  });

  test('(cut in the middle) ends there or is excused for, and the next one comes', async () => {
    const text = 'The first clause is here. The second clause is here, and it is long enough.';
    stack.roles.model.script({ kind: 'cut-stream', text });
    const heard = await call.exchange('Tell me a story.', /first clause|lost the thread/);
    expect(heard).not.toContain('long enough');
    await call.exchange('And another one.');
  });

  test.each([
    ['markup', '**Hello** <speak>there</speak> friend & `code` <b>of mine</b>.', /of mine/],
    ['control characters', 'Hello \u0000\u0007\u001Bred \u202Efriend\uFFFF.', /friend/],
    ['half a character', 'Hello \uD800 friend of \uDC00 mine.', /mine/],
    ['nothing that can be said', '*** --- *** !!! ...', /lost the thread|You said|\S/],
  ])('(%s) is spoken clean', async (_name, text, heard) => {
    stack.roles.model.script({ kind: 'answer', text });
    const spoken = await call.exchange('Something else, please.', heard);
    // eslint-disable-next-line no-control-regex
    expect(spoken).not.toMatch(/[<>*#`\u0000-\u001F\uD800-\uDFFF\u202E\uFFFF]|speak/);
    await call.exchange('Good, and now?');
  });

  test('(100 kB) stops when the caller wants it to', async () => {
    stack.roles.model.script({
      kind: 'answer',
      text: 'This goes on and on, my friend. '.repeat(3_200),
    });
    await call.exchange('Tell me all of it.', /on and on, my friend\. This goes on/);
    call.phone.say('Stop, that is enough for me.');
    await call.phone.hearsMatching(/You said: Stop, that is enough for me\./, PATIENCE);
    expect(stack.roles.simulator.log.of('stream-stale', call.phone.callSid)).toEqual([]);
  });

  test('leaves a call with a record of all of it', async () => {
    await call.exchange('Is that so?');
    await call.hangUp();
    const { transcript, end_reason: why } = await call.record();
    expect(why).toBe('caller-hung-up');
    expect(transcript.turns.at(-1)).toMatchObject({ reply: 'You said: Is that so?' });
    expect(transcript.turns.every(({ status }) => status === 'answered')).toBe(true);
  });
});

test('of all these calls nothing is left open', async () => {
  expect(await stack.isOver()).toBe(true);
});
