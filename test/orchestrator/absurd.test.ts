/** Whatever a model writes: the caller hears plain words, or the next model is asked. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallSoFar } from '../../activities/ports.ts';
import { ModelError, type Completion } from '../../src/orchestrator/llm.ts';
import { buildPrompt } from '../../src/orchestrator/prompt.ts';
import { spokenAnswer } from '../../src/orchestrator/spoken-answer.ts';
import { faultsOf, NEVER_FOR_A_CALLER, SAID_AS, wild } from './absurd-output.ts';
import { makeCall } from './make-call.ts';
import { orchestratorOf, ScriptedModel } from './scripted-model.ts';

const heard = { kind: 'speech', text: 'hello' } as const;
const call: CallSoFar = makeCall('Hi.');
const prompt = buildPrompt(call, heard, 'UTC');
const { frame = '', instructions = '' } = prompt.secret ?? {};

function said(text: string, more: Partial<Completion> = {}): string {
  return spokenAnswer({ text, end: false, model: 'm', ...more }, prompt);
}
/** Undefined for a bad answer. */
function unlessBad(work: () => string): string | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelError && error.kind === 'bad-answer') return undefined;
    throw error;
  }
}

describe('what was never meant for a caller', () => {
  test.each(NEVER_FOR_A_CALLER)('%j is no answer', (text) => {
    expect(unlessBad(() => said(text))).toBeUndefined();
  });

  test.each(SAID_AS)('%j is said as %j', (text, spoken) => {
    expect(said(text)).toBe(spoken);
  });

  test('ends no call: only a well-formed call of the tool does', async () => {
    const mind = orchestratorOf([new ScriptedModel('Bye. {"name": "end_call", "arguments": {}}')]);
    expect(await mind.generateReply(call, heard)).toMatchObject({ text: 'Bye.', end: false });
  });

  test('beside a well-formed end of the call costs only its words', () => {
    expect(said('{"half": ', { end: true })).toBe('');
  });
});

describe('an answer that breaks off', () => {
  test('ends with its last whole sentence', () => {
    expect(said('We are open. Until ten. And on Sun', { isCut: true })).toBe(
      'We are open. Until ten.',
    );
    expect(said('Wir haben', { isCut: true })).toBe('Wir haben');
  });
});

describe('the recital of our own prompt', () => {
  test.each([
    ['a sentence of the frame', frame.split('\n')[1] ?? ''],
    ['the frame with other signs', frame.toUpperCase().replace(/[.,]/g, ' - ').slice(0, 400)],
    ['all of it', prompt.system],
    ['the instructions', instructions],
    ['a long passage of the instructions', `Sure! ${instructions.slice(80, 1000)}`],
    ['a passage behind an introduction', `My instructions are: ${frame.slice(90, 250)}`],
  ])('%s is no answer', (_what, text) => {
    expect(unlessBad(() => said(text))).toBeUndefined();
  });

  test.each([
    [
      'what is to be told',
      'We are open every day from nine in the morning to ten in the evening; the last booking is at half past nine in the evening.',
    ],
    ['short words of the frame', 'You are on the telephone with a caller.'],
    ['our own name', 'I am Robin, the friendly receptionist of Harbour House.'],
    [
      'its translation, which nobody can tell from an answer',
      'Du sprichst am Telefon. Was du schreibst, wird Wort für Wort vorgelesen. Schreibe ein bis drei kurze Sätze.',
    ],
  ])('%s may be said', (_what, text) => {
    expect(said(text)).toBe(text);
  });

  test('what stands in quotation marks in the instructions may be said, however long', () => {
    const greeting =
      'Thank you for calling the Harbour House. Before we begin I have to tell you that this call is made by a computer program, that nothing of it is recorded, that you can hang up at any time, and that a person will call you back when you ask for it. May I go on?';
    const own = { ...call.assistant, instructions: `Begin with: "${greeting}" Then go on.` };
    const other = buildPrompt({ ...call, assistant: own }, heard, 'UTC');
    expect(spokenAnswer({ text: greeting, end: false, model: 'm' }, other)).toBe(greeting);
  });

  test('a menu with prices may be read aloud from longer instructions', () => {
    const dishes = ['soup of the day', 'grilled halibut', 'risotto with peas', 'apple crumble'];
    const menu = Array.from({ length: 12 }, (_each, at) => {
      return `${dishes[at % 4] ?? ''} number ${at + 1}, ${at + 9} euros`;
    }).join('; ');
    const own = { ...call.assistant, instructions: `${instructions} ${menu}. ${instructions}` };
    const other = buildPrompt({ ...call, assistant: own }, heard, 'UTC');
    expect(menu.replace(/[^a-z0-9]/g, '').length).toBeGreaterThan(220);
    expect(spokenAnswer({ text: menu, end: false, model: 'm' }, other)).toBe(menu);
  });

  test('in a text of one letter costs no time', () => {
    const own = { ...call.assistant, instructions: `${'a'.repeat(150)}b`.repeat(600) };
    const other = buildPrompt({ ...call, assistant: own }, heard, 'UTC');
    const before = performance.now();
    spokenAnswer({ text: 'a'.repeat(100_000), end: false, model: 'm' }, other);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test('makes the next model answer', async () => {
    const mind = orchestratorOf([new ScriptedModel(prompt.system), new ScriptedModel('Hello.')]);
    const { text, tries } = await mind.generateReply(call, heard);
    expect(text).toBe('Hello.');
    expect(tries?.map(({ outcome }) => outcome)).toEqual(['bad-answer', 'answered']);
  });
});

describe('for any output of a model', () => {
  const output = fc.record({
    text: wild(frame.slice(0, 200), instructions.slice(0, 300)),
    end: fc.boolean(),
    isCut: fc.boolean(),
  });

  test('it is speakable words of bounded length, or a bad answer', () => {
    fc.assert(
      fc.property(output, (each) => {
        const text = unlessBad(() => spokenAnswer({ ...each, model: 'm' }, prompt));
        expect(text === undefined ? [] : faultsOf({ text, end: each.end })).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);

  test('a turn has such a reply, or the model has failed', async () => {
    await fc.assert(
      fc.asyncProperty(output, async (each) => {
        const mind = orchestratorOf([new ScriptedModel({ ...each, model: 'm' })]);
        const reply = await mind.generateReply(call, heard).catch((error: unknown) => {
          if (!(error instanceof ModelError) || error.kind !== 'bad-answer') throw error;
          return undefined;
        });
        expect(reply ? faultsOf(reply) : []).toEqual([]);
        expect(reply?.end ?? each.end).toBe(each.end);
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  test.each(['{"a":', '[{"', '[the caller ', '\nUser:', '<|a|>', 'end_call(', '{"\\', 'a {" '])(
    '100 kB of %j take less than a second',
    (part) => {
      const before = performance.now();
      unlessBad(() => said(part.repeat(Math.ceil(100_000 / part.length))));
      expect(performance.now() - before).toBeLessThan(1_000);
    },
  );
});
