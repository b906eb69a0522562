/**
 * What fills the texts of a call, what it knows of earlier ones, and what is kept for the next. Each has
 * a worker of its own, and all wait at the same time.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import type { CallSoFar } from '../../activities/ports.ts';
import type { Phone } from '../../src/simulator/phone.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory } from './support/histories.ts';
import { ended, spokenTurns } from './support/records.ts';
import type { Voca, VocaOptions } from './support/voca.ts';
import { echo, startVoca } from './support/voca.ts';

const opened: Voca[] = [];
afterAll(async () => {
  await Promise.all(opened.map((it) => it.close()));
});

async function start(options: VocaOptions): Promise<Voca> {
  const voca = await startVoca(options);
  opened.push(voca);
  return voca;
}

function summaries(it: Voca, callId: string): string[] {
  return it.events(callId).flatMap((each) => (each.type === 'call.summarized' ? [each.text] : []));
}

function isClosed(it: Voca, callId: string): Promise<unknown> {
  return it.link.client.workflow.getHandle(callId).result();
}

describe('a call with variables and a memory', () => {
  test.concurrent(
    'speaks filled texts, tells the model what was said before, and is summed up',
    async () => {
      const told: CallSoFar[] = [];
      const summarized: [CallSoFar, boolean][] = [];
      const it = await start({
        assistant: {
          firstMessage: 'Hello {{name}}{{nothing}}, this is {{company}}.',
          instructions: 'You work for {{ company }}.',
          variables: { name: 'friend', company: 'Acme' },
          memory: 'Ada is vegan.',
          workspaceId: 'ws_test',
        },
        think: async (call, heard) => {
          told.push(call);
          return echo(call, heard);
        },
        summarize: async (call, isOver) => {
          summarized.push([call, isOver]);
          return 'Ada is vegan and wants a table.';
        },
      });
      const answered = new Promise<Phone>((resolve) => {
        it.simulator.onOutboundCall((phone) => {
          phone.answer();
          resolve(phone);
        });
      });
      const { callId } = await it.manager.makeCall('+14155550199', {
        assistantId: 'asst_test',
        variables: { name: '{{company}} & Ada' },
        metadata: { order: '7' },
      });
      const phone = await answered;
      await phone.hearsMatching(/^Hello \{\{company\}\} & Ada, this is Acme\.$/);
      await phone.waitUntilListening();
      phone.say('a table');
      await phone.hearsMatching(/You said: a table/);
      expect(told[0]).toMatchObject({
        memory: 'Ada is vegan.',
        assistant: { instructions: 'You work for Acme.' },
      });
      await phone.waitUntilListening();
      phone.hangUp();
      await eventually(() => expect(summaries(it, callId)).toHaveLength(1));
      expect(it.events(callId).at(-1)).toMatchObject({
        type: 'call.summarized',
        text: 'Ada is vegan and wants a table.',
        model: 'echo',
      });
      expect(summarized).toHaveLength(1);
      expect(summarized[0]).toMatchObject([
        { memory: 'Ada is vegan.', utterances: [{}, { heard: { text: 'a table' } }, {}] },
        true,
      ]);
      expect(it.events(callId)[0]).toMatchObject({
        type: 'call.created',
        call: { metadata: { order: '7' } },
        assistant: { workspaceId: 'ws_test' },
      });
      expect(JSON.stringify(it.events(callId)[0])).not.toContain('Ada');
      const { typedSearchAttributes } = await it.link.client.workflow.getHandle(callId).describe();
      expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.workspace)).toBe('ws_test');
      await isClosed(it, callId);
      expect(summaries(it, callId)).toHaveLength(1);
      await keepHistory(it.link, callId, 'outbound-variables');
    },
  );
});

describe('what is kept for the next call', () => {
  test.concurrent('is nothing when the caller said nothing', async () => {
    const it = await start({ assistant: { firstMessage: 'Hello.' } });
    const phone = it.dial();
    await phone.waitUntilListening();
    phone.hangUp();
    const callId = it.callIdOf(phone.callSid);
    await ended(it, callId);
    await isClosed(it, callId);
    expect(summaries(it, callId)).toEqual([]);
  });

  test.concurrent('tells also of words that come after the end', async () => {
    const it = await start({
      assistant: { firstMessage: 'Hello.' },
      summarize: async ({ utterances }) => `${utterances.length} lines`,
    });
    const phone = it.dial();
    await phone.waitUntilListening();
    phone.say('a table');
    await phone.hearsMatching(/You said: a table/);
    await phone.waitUntilListening();
    phone.hangUp();
    const callId = it.callIdOf(phone.callSid);
    await eventually(() => expect(summaries(it, callId)).toEqual(['3 lines']));
    const url = it.urls.processSpeech({ callSid: phone.callSid, callId, key: '2' });
    await it.ask(phone, url, { SpeechResult: 'at eight', CallStatus: 'completed' });
    await isClosed(it, callId);
    expect(spokenTurns(it, callId)).toEqual([
      ['1', 'a table', 'answered'],
      ['2', 'at eight', 'unanswered'],
    ]);
    expect(summaries(it, callId)).toEqual(['3 lines', '4 lines']);
    await keepHistory(it.link, callId, 'inbound-summed-up-twice');
  });

  test.concurrent(
    'is tried for twice; without it the call closes all the same',
    async () => {
      let tries = 0;
      const it = await start({
        assistant: { firstMessage: 'Hello.' },
        summarize: async () => {
          tries += 1;
          throw new Error('the vendor is on fire');
        },
      });
      const phone = it.dial();
      await phone.waitUntilListening();
      phone.say('a table');
      await phone.hearsMatching(/You said: a table/);
      phone.hangUp();
      const callId = it.callIdOf(phone.callSid);
      expect((await ended(it, callId)).reason).toBe('caller-hung-up');
      expect(await isClosed(it, callId)).toMatchObject({ endReason: 'caller-hung-up', turns: 1 });
      expect(tries).toBe(2);
      expect(summaries(it, callId)).toEqual([]);
      await keepHistory(it.link, callId, 'inbound-not-summed-up');
    },
    60_000,
  );
});

describe('a call whose models fail', () => {
  test.concurrent('ends with the farewell of its assistant', async () => {
    const it = await start({
      assistant: {
        firstMessage: 'Hello.',
        apology: 'Sorry, once more?',
        failure: { endAfter: 2, farewell: 'Please call again later.' },
      },
      think: async () => {
        throw new Error('the vendor is on fire');
      },
    });
    const phone = it.dial();
    await phone.waitUntilListening();
    phone.say('one');
    await phone.hearsMatching(/Sorry, once more/);
    await phone.waitUntilListening();
    phone.say('two');
    await phone.hearsMatching(/Please call again later/);
    expect((await phone.ended).status).toBe('completed');
    const callId = it.callIdOf(phone.callSid);
    expect((await ended(it, callId)).reason).toBe('models-failed');
    expect(spokenTurns(it, callId).map(([, , status]) => status)).toEqual(['answered', 'answered']);
    await keepHistory(it.link, callId, 'inbound-models-failed');
  });
});
