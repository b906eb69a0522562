import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { aBrief } from '../turns/a-brief.ts';
import { SessionBench } from './parts.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const passes = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const GREETING = 'Hello, how can I help you today?';
const greeted = async (): Promise<SessionBench> => {
  const bench = new SessionBench(aBrief({ say: GREETING, isGreeting: true }));
  await passes(2_000);
  return bench;
};

describe('a session', () => {
  test('greets, and tells what was heard of it when it was heard', async () => {
    const bench = new SessionBench(aBrief({ say: GREETING, isGreeting: true }));
    await passes(300);
    expect(bench.spoken.join(' ')).toBe(GREETING);
    expect(bench.news).toEqual([]);
    await passes(1_000);
    expect(bench.news).toMatchObject([
      { stream: 1, what: 'said', key: '0', reply: { text: GREETING, isInterrupted: false } },
    ]);
  });

  test('answers what the caller says, clause by clause, and tells both in order', async () => {
    const bench = await greeted();
    bench.say('I want a table.', 900);
    bench.ends('I want a table.');
    await passes(1_000);
    const [question] = bench.questions;
    expect(question?.heard).toMatchObject({ kind: 'speech', text: 'I want a table.' });
    expect(question?.call.utterances.at(-1)).toEqual({ who: 'assistant', text: GREETING });
    question?.options.onFirstToken?.('scripted');
    question?.options.onClause('Of course.');
    await passes(100);
    expect(bench.spoken.at(-1)).toBe('Of course.');
    question?.options.onClause('For how many?');
    question?.answer({ text: 'Of course. For how many?', end: false, model: 'scripted' });
    await passes(2_000);
    expect(bench.news.slice(1)).toMatchObject([
      { what: 'heard', key: '1', heard: { kind: 'speech', text: 'I want a table.' } },
      { what: 'said', key: '1', reply: { text: 'Of course. For how many?', model: 'scripted' } },
    ]);
  });

  test('is silent at once when the caller speaks, and tells the words that were heard', async () => {
    const bench = await greeted();
    bench.say('Tell me everything.', 900);
    bench.ends('Tell me everything.');
    await passes(1_000);
    const long = 'This is a very long answer that nobody listens to until its end.';
    bench.questions[0]?.options.onFirstToken?.('scripted');
    bench.questions[0]?.options.onClause(long);
    await passes(600);
    bench.say('Stop it now.', 200);
    await passes(10);
    expect(bench.line.clears).toBe(1);
    bench.ends('Stop it now.');
    await passes(1_500);
    const said = bench.news.find((news) => news.what === 'said' && news.key === '1');
    // Also by whom, though the model was stopped before it had ended.
    expect(said).toMatchObject({ reply: { isInterrupted: true, model: 'scripted' } });
    const heard = said?.what === 'said' ? said.reply.text : '';
    expect(long.startsWith(heard)).toBe(true);
    expect(heard.length).toBeLessThan(long.length);
    expect(bench.questions.at(-1)?.heard).toMatchObject({ text: 'Stop it now.' });
    // The model is told that it was interrupted, and where.
    expect(bench.questions.at(-1)?.call.utterances.at(-1)).toMatchObject({ text: heard });
  });

  test('drops a question whose answer is not wanted any more', async () => {
    const bench = await greeted();
    bench.say('I want a table', 900);
    bench.ends('I want a table');
    await passes(1_500);
    const [first] = bench.questions;
    bench.say('for two people, please.', 700);
    await passes(100);
    bench.ends('for two people, please.');
    await passes(1_500);
    expect(first?.options.signal?.aborted).toBe(true);
    expect(bench.questions.length).toBeGreaterThan(1);
    first?.options.onClause('Too late.');
    await passes(200);
    expect(bench.spoken).not.toContain('Too late.');
  });

  test('takes keys for an answer', async () => {
    const bench = await greeted();
    for (const digit of ['4', '2', '#']) bench.presses(digit);
    await passes(500);
    expect(bench.questions.at(-1)?.heard).toEqual({ kind: 'keys', digits: '42' });
  });

  test('that is moved tells what was heard so far, closes the line and is silent', async () => {
    const bench = new SessionBench(aBrief({ say: GREETING, isGreeting: true }));
    await passes(400);
    bench.session.move();
    await expect(bench.session.ended).resolves.toEqual({ why: 'moved' });
    expect(bench.line.isClosed).toBe(true);
    expect(bench.news).toMatchObject([{ what: 'said', key: '0', reply: { isInterrupted: true } }]);
    expect(bench.openEars).toBe(0);
    const played = bench.line.playedMs;
    await passes(5_000);
    expect(bench.line.playedMs).toBe(played);
  });

  test('is over before long, though nobody takes what it has told', async () => {
    const never = () => new Promise<void>(() => undefined);
    const bench = new SessionBench(aBrief({ say: GREETING, isGreeting: true }), never);
    bench.session.move();
    await passes(1_000);
    // Not as one that has told everything: what it told may come when another stream leads.
    await expect(bench.session.ended).resolves.toEqual({ why: 'lost' });
  });

  test.each(['stopped', 'lost'] as const)('knows that its line was %s', async (why) => {
    const bench = await greeted();
    bench.lineEnds(why);
    await expect(bench.session.ended).resolves.toEqual({ why });
  });

  test('gives up when nobody recognises any more', async () => {
    const bench = await greeted();
    bench.recogniserFails();
    await passes(1_000);
    await expect(bench.session.ended).resolves.toEqual({ why: 'speech-failed' });
    expect(bench.line.isClosed).toBe(true);
  });

  test('gives up when nobody speaks any more', async () => {
    const bench = await greeted();
    bench.isVoiceBroken = true;
    bench.say('Hello?', 500);
    bench.ends('Hello?');
    await passes(1_000);
    bench.questions[0]?.options.onClause('Yes.');
    bench.questions[0]?.answer({ text: 'Yes.', end: false, model: 'scripted' });
    await passes(1_000);
    await expect(bench.session.ended).resolves.toEqual({ why: 'speech-failed' });
  });

  test('leaves the hang-up after the last words to the workflow, and closes the line if it fails', async () => {
    const bench = await greeted();
    bench.say('Good night.', 500);
    bench.ends('Good night.');
    await passes(1_000);
    bench.questions[0]?.options.onClause('Goodbye.');
    bench.questions[0]?.answer({ text: 'Goodbye.', end: true, model: 'scripted' });
    await passes(2_000);
    expect(bench.news.at(-1)).toMatchObject({ what: 'said', reply: { end: 'assistant-ended' } });
    expect(bench.line.isClosed).toBe(false);
    await passes(10_000);
    expect(bench.line.isClosed).toBe(true);
    await expect(bench.session.ended).resolves.toEqual({ why: 'stopped' });
  });

  test('in which something is wrong is over and let go of, and harms nobody else', async () => {
    const bench = await greeted();
    bench.say('What do you mean?', 500);
    bench.ends('What do you mean?');
    await passes(1_000);
    const absurd = undefined as unknown as string;
    expect(() => bench.questions[0]?.options.onClause(absurd)).not.toThrow();
    await passes(1_000);
    await expect(bench.session.ended).resolves.toEqual({ why: 'lost' });
    expect(bench.questions[0]?.options.signal?.aborted).toBe(true);
    expect(bench.openEars).toBe(0);
    expect(bench.line.isClosed).toBe(true);
    const told = bench.news.length;
    await passes(120_000); // no timer of it asks whether anybody is there
    expect(bench.news).toHaveLength(told);
  });

  test('tells nothing twice and nothing after its end', async () => {
    const bench = await greeted();
    bench.session.hangUp();
    bench.session.move();
    bench.lineEnds('lost');
    const told = bench.news.length;
    bench.say('Is anybody there?', 500);
    bench.ends('Is anybody there?');
    await passes(5_000);
    expect(bench.news).toHaveLength(told);
    await expect(bench.session.ended).resolves.toEqual({ why: 'stopped' });
  });
});
