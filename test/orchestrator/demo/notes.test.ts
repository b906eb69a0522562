import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallSoFar, Utterance } from '../../../activities/ports.ts';
import { createOrchestrator } from '../../../src/orchestrator/index.ts';
import { notesOf, stateOf } from '../../../src/orchestrator/providers/demo/notes.ts';
import { makeCall } from '../make-call.ts';
import { conversation } from './lines.ts';

const mind = createOrchestrator({ llm: 'demo', timeZone: 'UTC' });
const speech = (text: string) => ({ kind: 'speech', text }) as const;

/** Plays a caller's lines; after the lines in `folds` everything so far is replaced by a summary. */
async function talk(lines: readonly string[], folds: readonly number[]): Promise<string[]> {
  let call: CallSoFar = makeCall('Hello, this is Robin. How can I help?');
  const replies: string[] = [];
  for (const [at, line] of lines.entries()) {
    const { text } = await mind.generateReply(call, speech(line));
    replies.push(text);
    const utterances: Utterance[] = [
      ...call.utterances,
      { who: 'caller', heard: speech(line) },
      { who: 'assistant', text },
    ];
    call = { ...call, utterances };
    if (!folds.includes(at)) continue;
    const { text: summary } = await mind.summarize(call);
    call = { ...call, summary, utterances: [] };
  }
  return replies;
}

const booking = ['a table for four', 'on friday', 'half past seven', 'Ada Byron', 'yes please'];

describe('the notes of the receptionist', () => {
  test('are plain sentences with everything that was agreed', async () => {
    const call = makeCall('Hello.', '> a table for four on friday at half past seven');
    const { text } = await mind.summarize(call);
    expect(text).toBe(
      'Notes of the receptionist. So far: a table; for 4 people; on 2026-11-27; at 19:30; said as 07:30. Asked for: kind. Confirmed: no. Said last: Hello.',
    );
  });

  test('keep a booking together, wherever the call is cut', async () => {
    const whole = await talk(booking, []);
    expect(whole.at(-1)).toMatch(/noted a table for four people on Friday.*Ada Byron/);
    for (const at of booking.keys()) expect(await talk(booking, [at])).toEqual(whole);
    expect(await talk(booking, [...booking.keys()])).toEqual(whole);
  });

  test('of an earlier call stay when a new one brings nothing, and only for the next call', async () => {
    const memory = 'Notes of the receptionist. So far: a table. Asked for: day. Confirmed: no.';
    const over = { isOver: true };
    const idle = { ...makeCall('Hello.', '> how are you'), memory };
    expect((await mind.summarize(idle, over)).text).toBe(memory);
    expect((await mind.summarize(idle)).text).toMatch(/So far: nothing/);
    const busy = { ...makeCall('Hello.', '> an appointment please'), memory };
    expect((await mind.summarize(busy, over)).text).toMatch(/So far: an appointment/);
  });

  test('in another hand tell nothing, and the receptionist asks again', async () => {
    const call = { ...makeCall(), summary: 'They want to book something, on Friday I think.' };
    const { text } = await mind.generateReply(call, speech('a table'));
    expect(text).toMatch(/Which day/);
  });

  test('are read as they were written', () => {
    const state = stateOf(
      notesOf({
        slots: { kind: 'table', part: 'evening', spoken: { minutes: 450, exact: true } },
        asked: 'number',
        suggested: { ruledOut: {}, time: { minutes: 1140, exact: true } },
        number: 5,
        counts: { missed: 2, time: 1 },
        done: true,
        last: 'Said last: who? Asked for: nothing.',
      }),
    );
    expect(state).toEqual({
      slots: { kind: 'table', part: 'evening', spoken: { minutes: 450, exact: true } },
      asked: 'number',
      suggested: { ruledOut: {}, time: { minutes: 1140, exact: true } },
      number: 5,
      counts: { missed: 2, time: 1 },
      done: true,
      last: 'Said last: who? Asked for: nothing.',
    });
  });

  test('make no difference to any conversation', async () => {
    const folded = fc.tuple(conversation, fc.array(fc.nat(9), { maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(folded, async ([all, folds]) => {
        const lines = all.filter((line) => line.trim() !== '');
        expect(await talk(lines, folds)).toEqual(await talk(lines, []));
      }),
      { numRuns: 100 },
    );
  });
});
