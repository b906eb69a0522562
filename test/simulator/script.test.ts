import { afterEach, describe, expect, test } from '@jest/globals';
import { BOOKING_SCRIPT } from '../../src/simulator/scripts/booking.ts';
import { renderConversation, runScript } from '../../src/simulator/script-run.ts';
import { parseScript } from '../../src/simulator/script.ts';
import type { Bench } from './bench.ts';
import { startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function play(script: string, answers: Record<string, Answer>) {
  bench = await startBench(answers);
  return runScript(bench.call(), parseScript(script));
}

/** Asks one question after the other, says the last words, and hangs up. */
function interview(questions: string[], goodbye: string): Record<string, Answer> {
  let asked = 0;
  const next = () => {
    const question = questions[asked];
    asked += 1;
    return question === undefined
      ? `<Say>${goodbye}</Say>`
      : `<Gather input="speech dtmf" action="/voice" actionOnEmptyResult="true"><Say>${question}</Say></Gather>`;
  };
  return { '/voice': next };
}

describe('a script', () => {
  test('plays a conversation to its end', async () => {
    const script = `
      # A short one.
      within 5s
      hear /YOUR name/
      say Ada
      hear "how many (people)?" within 2s
      press 4 #
      hear /anything/
      silent
      expect ended completed`;
    const questions = ['What is your name?', 'How many (people)?', 'Anything else?'];
    const result = await play(script, interview(questions, 'Goodbye'));
    expect(result).toMatchObject({ ok: true, failures: [] });
    expect(renderConversation(result.conversation).split('\n')).toEqual([
      'assistant  What is your name?',
      'caller     Ada',
      'assistant  How many (people)?',
      'caller     [keys 4#]',
      'assistant  Anything else?',
      'caller     [says nothing]',
      'assistant  Goodbye',
    ]);
  });

  test('answers questions in whatever order they come', async () => {
    const script = `
      until /goodbye/
        /name/ -> say Ada
        /people/ -> press 4 #
        /sure/ -> silent
      end
      expect ended`;
    const questions = ['How many people?', 'Sure?', 'Your name?', 'And the other name?'];
    const result = await play(script, interview(questions, 'Goodbye'));
    expect(result).toMatchObject({ ok: true });
    const said = result.conversation.filter(({ who }) => who === 'caller');
    expect(said.map(({ text }) => text)).toEqual(['4#', '', 'Ada', 'Ada']);
  });

  test.each([
    ['hear /pizza/ within 100ms', 1, /waited 100 ms for \/pizza\/i.*last heard: "Your name\?"/],
    ['say Ada\nhear /pizza/', 2, /the call ended \(completed\) before \/pizza\/i/],
    ['say Ada\nexpect ended busy', 2, /the call ended completed, not busy/],
    ['expect ended within 50ms', 1, /the call has not ended in 50 ms/],
    ['until /bye/\n/pizza/ -> say Ham\nend', 1, /no answer fits what was asked: Your name\?/],
    ['until /pizza/\n/name/ -> say Ada\nend', 1, /the call ended before \/pizza\/i was heard/],
  ])('fails when things go otherwise: %s', async (script, line, message) => {
    const result = await play(script, interview(['Your name?'], 'Goodbye'));
    expect(result.ok).toBe(false);
    expect(result.failures).toMatchObject([{ line, message: expect.stringMatching(message) }]);
  });

  test('fails when the application error message is heard, unless that is allowed', async () => {
    const answers = { '/voice': '<Redirect>/gone</Redirect>' };
    expect((await play('expect ended', answers)).ok).toBe(false);
    await bench?.close();
    expect((await play('allow application error\nexpect ended', answers)).ok).toBe(true);
  });

  test('hangs up what goes on after its last line', async () => {
    const result = await play('hear /name/', interview(['Your name?'], ''));
    expect(result.ok).toBe(true);
    expect(bench?.sim.log.of('call').at(-1)).toMatchObject({ reason: 'caller-hung-up' });
  });

  test('names every faulty line', () => {
    const script = 'shout x\nhear pizza\nwait long\nuntil /x/\n/y/ -> run\nend\nexpect rain\nsay';
    const faults = ['line 1', 'line 2', 'line 3', 'line 4', 'line 7', 'line 8'];
    expect(() => parseScript(script)).toThrow(new RegExp(faults.join('.*'), 's'));
    expect(() => parseScript('until /x/')).toThrow('line 1: until has no end');
  });

  test('keeps "within" in what is said', () => {
    const [line] = parseScript('say within 5s').lines;
    expect(line?.action).toEqual({ do: 'say', text: 'within 5s', bargeIn: false });
  });

  test('that is built in books a table with a receptionist who asks for everything', async () => {
    const questions = [
      'Hello, I can book a table or an appointment. How can I help?',
      'For how many people?',
      'At what time?',
      'May I have your name, please?',
      'So that is a table for four at seven, under the name of Ada Lovelace. Is that right?',
      'Of course. So that is a table for four at half past seven. Is that right?',
    ];
    const result = await play(BOOKING_SCRIPT, interview(questions, 'Wonderful. Goodbye!'));
    expect(result).toMatchObject({ ok: true, failures: [] });
  });
});
