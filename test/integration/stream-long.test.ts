/** A long call over one stream: its workflow goes on in new runs meanwhile, and nobody notices. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { LiveStack, PATIENCE } from './support/live-stack.ts';
import type { LiveCall } from './support/live-stack.ts';

/** Enough for several runs: the server of the tests suggests a new one early. */
const TURNS = 60;

let stack: LiveStack;
let call: LiveCall;
let said: string[];
beforeAll(async () => {
  stack = await LiveStack.start({}, { callerVoice: 'tones' });
  stack.roles.model.always(({ messages = [] }) => {
    const words = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    return { kind: 'answer', text: words.includes('Write the notes') ? 'Notes.' : words };
  });
  said = Array.from({ length: TURNS }, (_, index) => `A${index}.`);
  await stack.roles.simulator.prepareWords(...said);
  call = await stack.call({
    limits: { max_turns: 1_000 },
    stream: {
      speech: [{ provider: 'elevenlabs' }],
      endpointing: {
        after_punctuation_ms: 200,
        after_digits_ms: 200,
        without_punctuation_ms: 200,
        longest_ms: 400,
      },
    },
  });
  await call.phone.waitUntilListening(PATIENCE);
  for (const word of said) await quickly(word);
  await call.hangUp();
}, 600_000);
afterAll(() => stack.stop());

/** Says one word as soon as the answer to the one before was heard to its end. */
async function quickly(word: string): Promise<void> {
  call.phone.say(word);
  await call.phone.hearsMatching(new RegExp(word.replace('.', String.raw`\.`)), PATIENCE);
  await eventually(
    () => {
      const { silentSinceMs = Infinity } = call.phone.stream ?? {};
      if (!(Date.now() - silentSinceMs > 200)) throw new Error('it is still speaking');
    },
    { everyMs: 20 },
  );
}

describe(`a call of ${TURNS} turns over a stream`, () => {
  test('keeps all of them, in order', async () => {
    const { transcript } = await call.record();
    expect(transcript.turns.map(({ heard }) => heard.text)).toEqual(said);
    // Who has not heard an answer to its end is told it together with the next one.
    const replies = transcript.turns.flatMap(({ reply }) => reply ?? []);
    expect(replies.join(' ')).toBe(said.join(' '));
  });

  test('has one stream and several runs', async () => {
    const started = stack.roles.simulator.log
      .of('stream', call.phone.callSid)
      .filter(({ state }) => state === 'started');
    expect(started).toHaveLength(1);
    const runs = await call.histories();
    expect(runs.length).toBeGreaterThan(1);
    const events = runs.flat();
    // What a turn costs: two signals, a record, and the workflow tasks of these.
    expect(events.length / TURNS).toBeLessThan(20);
    for (const run of runs) expect(run.length).toBeLessThan(4_000);
  });

  test('ends with nothing left open', async () => {
    expect(await stack.isOver()).toBe(true);
  });
});
