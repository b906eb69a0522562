/** Whatever a model writes: the caller hears plain words, or the next model is asked. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallSoFar } from '../../activities/ports.ts';
import { ModelError, type Completion } from '../../src/orchestrator/llm.ts';
import { buildPrompt } from '../../src/orchestrator/prompt.ts';
import { spokenAnswer } from '../../src/orchestrator/spoken-answer.ts';
import { MAX_SPOKEN_LENGTH } from '../../src/orchestrator/speakable.ts';
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
  test.each([
    ['{"name": "end_call", "arguments": {"farewell": "Bye"}}'],
    ['[{"name": "end_call", "parameters": {}}]'],
    ['```json\n{"tool": "end_call"}\n```'],
    ['<tool_call>\n{"name": "end_call", "arguments": {}}\n</tool_call>'],
    ['<function=end_call>{"farewell": "Bye"}</function>'],
    ['<|python_tag|>{"name": "end_call"}<|eom_id|>'],
    ['[TOOL_CALLS] [{"name": "end_call", "arguments": {}}]'],
    ['end_call(farewell="Bye")'],
    ['end_call'],
    ['{"farewell": "Go'],
    ['{"a": {"b": [1, 2, {"c": "d'],
    ['[the caller said nothing]'],
    ['[the caller pressed 1 2]\n[the call begins]'],
    ['<|im_end|>'],
    ['User: hello'.replace('User', '\nUser')],
    ['<think>What does the caller want?'],
    ['\u0000\u0007\ud800'],
    ['&#123;&#34;name&#34;: &#34;end_call&#34;&#125;'],
    ['<Response><Hangup/></Response>'],
    ['...'],
    ['   \n\t '],
    [''],
  ])('%j is no answer', (text) => {
    expect(unlessBad(() => said(text))).toBeUndefined();
  });

  test.each([
    ['Gladly. {"name": "end_call", "arguments": {}}', 'Gladly.'],
    ['{"name": "f", "arguments": {"a": "}"}} Gladly.', 'Gladly.'],
    ['{"response": "Gladly, for two."}', 'Gladly, for two.'],
    ['```json\n{"say": "Gladly."}\n```', 'Gladly.'],
    ['Gladly. <tool_call>{"name": "end_call"}</tool_call>', 'Gladly.'],
    ['Thank you, goodbye. end_call(farewell="Bye")', 'Thank you, goodbye.'],
    ['[the caller pressed 1] Gladly.', 'Gladly.'],
    ['Gladly. For how many?\n[the caller said nothing]\nAre you there?', 'Gladly. For how many?'],
    ['Gladly.\nUser: for four\nAssistant: Fine.', 'Gladly.'],
    ['Assistant: Gladly.', 'Gladly.'],
    ['Gladly.<|im_end|>', 'Gladly.'],
    ['<|start_header_id|>assistant<|end_header_id|>\n\nGladly.', 'assistant Gladly.'],
    ['The set {a, b} and "quotes" stay.', 'The set {a, b} and "quotes" stay.'],
    ['I said: user friendly.', 'I said: user friendly.'],
    ['Our customer: a friend.', 'Our customer: a friend.'],
  ])('%j is said as %j', (text, spoken) => {
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

const piece = fc.oneof(
  fc.constantFrom(
    ...[
      '{"',
      '"}',
      '{',
      '}',
      '[',
      ']',
      '":',
      '\\"',
      '[the caller said ',
      ']',
      '\nUser:',
      '```json',
    ],
    ...['<tool_call>', '</tool_call>', '<|im_end|>', 'end_call', 'end_call(', ')', '<think>', '.'],
    ...[
      '</think>',
      '<break/>',
      '&lt;',
      '**',
      '\u0000',
      '\ud83d',
      '😀',
      'Hello',
      'مرحبا',
      ' ',
      '\n',
    ],
    frame.slice(0, 200),
    instructions.slice(0, 300),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const wild = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.json(),
  fc.tuple(fc.json(), fc.nat(40)).map(([text, length]) => text.slice(0, length)),
  fc.array(fc.nat(0xffff), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
);

describe('for any output of a model', () => {
  const output = fc.record({ text: wild, end: fc.boolean(), isCut: fc.boolean() });

  /** What is wrong with a reply. */
  function faultsOf({ text, end }: { text: string; end: boolean }): string[] {
    const wrong = {
      length: text.length > MAX_SPOKEN_LENGTH,
      signs: /[\p{Cc}\p{Surrogate}\p{Noncharacter_Code_Point}]|\{"/u.test(text),
      machine: /end_call|\[the caller /i.test(text),
      empty: !end && !/[\p{L}\p{N}]/u.test(text),
    };
    return Object.entries(wrong).flatMap(([name, isWrong]) => (isWrong ? [name] : []));
  }

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
