/** Degraded turns of calls that go on while the workers are brought up to date. */
import { afterEach, expect, test } from '@jest/globals';
import type { ModelTry } from '../../workflows/contract.ts';
import { changedWorkflows } from './support/changed-workflows.ts';
import { ended } from './support/records.ts';
import type { Voca } from './support/voca.ts';
import { echo, startVoca } from './support/voca.ts';

let voca: Voca | undefined;
afterEach(async () => {
  await voca?.close();
  voca = undefined;
});

const FALLBACK: ModelTry[] = [
  { model: 'first/m', ms: 8000, outcome: 'timeout' },
  { model: 'second/m', ms: 500, outcome: 'answered' },
];

test('a call that has counted its events without them is told of from then on, without a gap', async () => {
  const before = await changedWorkflows('call-run.ts', [
    [`&& !patched('degraded-turns')`, '&& true'],
  ]);
  try {
    const it = await startVoca({
      worker: false,
      assistant: { firstMessage: 'Hello.', apology: 'Sorry, once more?' },
      think: async (call, heard) => {
        const words = heard.kind === 'speech' ? heard.text : '';
        if (words.includes('fail')) throw new Error('the vendor is on fire');
        const reply = await echo(call, heard);
        return words.includes('other') ? { ...reply, tries: FALLBACK } : reply;
      },
    });
    voca = it;
    await it.startWorker(before.bundlePath);
    const phone = it.dial();
    const says = async (words: string, answer: RegExp) => {
      await phone.waitUntilListening();
      phone.say(words);
      await phone.hearsMatching(answer);
    };
    await says('fail now', /Sorry, once more/);
    await says('ask the other', /You said: ask the other/);
    await it.stopWorker();
    await it.startWorker();
    await says('fail again', /Sorry, once more/);
    // Whoever takes it over now decides all of it again.
    await it.stopWorker();
    await it.startWorker();
    await says('ask the other', /You said: ask the other/);
    await says('all is well', /You said: all is well/);
    await phone.waitUntilListening();
    phone.hangUp();
    const callId = it.callIdOf(phone.callSid);
    await ended(it, callId);
    const events = it.events(callId).toSorted((a, b) => a.sequence - b.sequence);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    const degraded = events.filter((event) => event.type === 'call.degraded');
    expect(degraded).toMatchObject([
      { turnKey: '3', position: 3, cause: 'apology' },
      { turnKey: '4', position: 4, cause: 'fallback_model', tries: FALLBACK },
    ]);
    const turns = events.filter((event) => event.type === 'call.turn.completed');
    expect(turns.map(({ turn }) => turn.key)).toEqual(['1', '2', '3', '4', '5']);
    // All of it is decided again as it was.
    await it.link.client.workflow.getHandle(callId).result();
  } finally {
    before.remove();
  }
}, 120_000);
