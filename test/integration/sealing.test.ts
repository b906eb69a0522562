/** What Temporal keeps of a call is sealed: whoever reads the server reads no word and no number. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { snapshotQuery } from '../../workflows/contract.ts';
import type { CallEvent } from '../../workflows/events.ts';
import {
  createKeyRing,
  SealedPayloadError,
  SealingCodec,
  workerSealing,
} from '../../src/sealing/index.ts';
import { linkToTemporal } from '../../src/temporal/connection.ts';
import type { TemporalLink } from '../../src/temporal/connection.ts';
import {
  keepReconcileSchedule,
  RECONCILE_SCHEDULE,
  reconcileInput,
} from '../../src/temporal/schedules.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { stack } from './stack.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory, RECORDING_SECRET } from './support/histories.ts';
import { everythingAbout, readable } from './support/raw-temporal.ts';
import type { Voca, VocaOptions } from './support/voca.ts';
import { CALLER, OUR_NUMBER, startVoca } from './support/voca.ts';

const OLD = RECORDING_SECRET;
const NEW = 'a-new-secret-of-more-than-32-characters!';

const opened: Voca[] = [];
const links: TemporalLink[] = [];
afterAll(async () => {
  await Promise.all(opened.map((it) => it.close()));
  await Promise.all(links.map((link) => link.close()));
});

/** A client of somebody who holds these keys. */
function holding(...secretKeys: string[]): TemporalLink {
  const { temporalAddress: address, namespace } = stack();
  const link = linkToTemporal({ address, namespace, secretKeys });
  links.push(link);
  return link;
}

/** What is said, keyed, written in an error: none of it may be readable. */
const CANARIES = [
  /zanzibar/i,
  /90210/,
  CALLER.slice(3),
  OUR_NUMBER.slice(3),
  /Kilimanjaro/i,
  /Ngorongoro/i,
  /You pressed/,
];

function expectNothingReadable(text: string): void {
  for (const canary of CANARIES) expect(text).not.toMatch(canary);
}

/** A worker's record that fails now and then, with words of the call in message and stack. */
function failingRecords() {
  const kept = new Map<string, CallEvent>();
  let asked = 0;
  let failed = 0;
  return {
    kept,
    failures: () => failed,
    record: async ({ events }: { callId: string; events: CallEvent[] }) => {
      asked += 1;
      if (asked % 3 === 1) {
        failed += 1;
        throw new Error(`Row (Ngorongoro, ${CALLER}) is bad`, { cause: new Error('Ngorongoro') });
      }
      for (const event of events) kept.set(`${event.sequence}`, event);
    },
  };
}

async function start(options: VocaOptions): Promise<Voca> {
  const voca = await startVoca({
    assistant: { firstMessage: 'Welcome to Kilimanjaro.', name: 'Kilimanjaro' },
    ...options,
  });
  opened.push(voca);
  return voca;
}

async function exchange(phone: Phone, words: string): Promise<void> {
  await phone.waitUntilListening();
  phone.say(words);
  await phone.hearsMatching(new RegExp(`You said: ${words}`));
}

async function isEnded(link: TemporalLink, callId: string): Promise<void> {
  await eventually(
    async () => {
      const { status } = await link.client.workflow.getHandle(callId).describe();
      if (status.name !== 'COMPLETED') throw new Error(`the workflow is ${status.name}`);
    },
    { withinMs: 40_000 },
  );
}

describe('a whole call', () => {
  test.concurrent('in: speech, keys, failures and new runs leave nothing to read', async () => {
    const records = failingRecords();
    let isBroken = true;
    const it = await start({
      secretKeys: [OLD],
      records,
      think: async (_call, heard) => {
        if (isBroken) throw new Error('The model quotes: zanzibar');
        const text = heard.kind === 'speech' ? `You said: ${heard.text}` : 'You pressed keys.';
        return { text, end: false, model: 'echo' };
      },
    });
    const phone = it.dial();
    const callId = it.callIdOf(phone.callSid);
    await phone.waitUntilListening();
    phone.say('broken zanzibar');
    await eventually(() => expect(it.asked).toHaveLength(1));
    isBroken = false;
    await phone.waitUntilListening();
    phone.press('90210#');
    await phone.hearsMatching(/You pressed keys/);
    const firstRun = (await it.link.client.workflow.getHandle(callId).describe()).runId;
    let turns = 0;
    for (let runId = firstRun; runId === firstRun && turns < 60; turns += 1) {
      await exchange(phone, `zanzibar ${turns}`);
      runId = (await it.link.client.workflow.getHandle(callId).describe()).runId;
    }
    expectNothingReadable(await everythingAbout(holding(), callId)); // while it is under way
    await phone.waitUntilListening();
    phone.hangUp();
    await isEnded(it.link, callId);
    expect((await it.link.client.workflow.getHandle(callId).describe()).runId).not.toBe(firstRun);

    const raw = await everythingAbout(holding(), callId);
    expectNothingReadable(raw);
    expect(raw).toContain('Encoded failure'); // and something had failed
    // More often than once; how often depends on how many events wait for the next try.
    expect(records.failures()).toBeGreaterThan(2);
    const snapshot = await it.manager.getCallStatus(callId);
    expect([snapshot?.from, snapshot?.turns.at(-1)?.reply]).toEqual([
      CALLER,
      `You said: zanzibar ${turns - 1}`,
    ]);
  });

  test.concurrent('out leaves nothing to read either', async () => {
    const it = await start({ secretKeys: [OLD] });
    const answered = new Promise<Phone>((resolve) => {
      it.simulator.onOutboundCall((phone) => {
        phone.answer();
        resolve(phone);
      });
    });
    const { callId } = await it.manager.makeCall(CALLER);
    const phone = await answered;
    await exchange(phone, 'zanzibar');
    expect(phone.heardApplicationError).toBe(false);
    expectNothingReadable(await everythingAbout(holding(), callId));
  });

  test.concurrent('stays readable when there is no key', async () => {
    const it = await start({ records: failingRecords() });
    const phone = it.dial();
    const callId = it.callIdOf(phone.callSid);
    await exchange(phone, 'zanzibar');
    await eventually(async () => {
      const raw = await everythingAbout(holding(), callId);
      const failure = `Row (Ngorongoro, ${CALLER}) is bad`;
      for (const text of ['zanzibar', CALLER, 'Kilimanjaro', failure]) expect(raw).toContain(text);
      expect(raw).not.toContain('Encoded failure');
    });
  });
});

describe('a key', () => {
  test.concurrent('may be set, and exchanged for another one, in mid-call', async () => {
    const it = await start({});
    const phone = it.dial();
    const callId = it.callIdOf(phone.callSid);
    await exchange(phone, 'before any key');
    await it.rekey([OLD]);
    await exchange(phone, 'under the old zanzibar');
    await it.rekey([NEW, OLD]);
    await exchange(phone, 'under the new zanzibar');
    const link = holding(NEW, OLD);

    const raw = await everythingAbout(holding(), callId);
    expect(raw).toContain('before any key');
    expect(raw).not.toContain('zanzibar');
    for (const secret of [OLD, NEW]) expect(raw).toContain(createKeyRing([secret]).sealing?.id);
    const heard = (await link.client.workflow.getHandle(callId).query(snapshotQuery)).turns;
    expect(heard.map((turn) => turn.heard)).toEqual(
      ['before any key', 'under the old zanzibar', 'under the new zanzibar'].map((text) =>
        expect.objectContaining({ text }),
      ),
    );
  });

  test.concurrent(
    'that is gone stops its calls with a clear error, and they go on when it is back',
    async () => {
      const it = await start({ secretKeys: [OLD] });
      const phone = it.dial();
      const callId = it.callIdOf(phone.callSid);
      await exchange(phone, 'one');
      await phone.waitUntilListening();
      await it.rekey([NEW]);
      phone.say('two');
      await phone.hearsMatching(/One moment/);
      const failed = await eventually(async () => {
        const raw = holding();
        const { events } = await raw.client.workflow.getHandle(callId).fetchHistory();
        const last = (events ?? []).findLast((event) => event.workflowTaskFailedEventAttributes);
        if (!last) throw new Error('no workflow task has failed');
        return last.workflowTaskFailedEventAttributes?.failure?.encodedAttributes ?? {};
      });
      const [opened] = await new SealingCodec(createKeyRing([NEW])).decode([failed]);
      expect(readable(opened)).toContain('a key that VOCA_SECRET_KEY does not hold');

      await it.rekey([NEW, OLD]);
      await phone.hearsMatching(/You said: two/, { timeoutMs: 30_000 });
      expect(it.asked.map(({ heard }) => heard)).toMatchObject([{ text: 'one' }, { text: 'two' }]);
    },
  );

  test.concurrent(
    'that is gone makes what it has sealed unreadable, and says which one is missing',
    async () => {
      const it = await start({ secretKeys: [OLD] });
      const phone = it.dial();
      const callId = it.callIdOf(phone.callSid);
      await exchange(phone, 'one');
      phone.hangUp();
      await isEnded(it.link, callId);
      for (const keys of [[NEW], []]) {
        const result = holding(...keys)
          .client.workflow.getHandle(callId)
          .result();
        await expect(result).rejects.toThrow(SealedPayloadError);
      }
      const { events } = await it.link.client.workflow.getHandle(callId).fetchHistory();
      const replay = (...keys: string[]) =>
        Worker.runReplayHistory(
          workerSealing(stack().workflowBundlePath, keys),
          { events: events ?? [] },
          callId,
        );
      await expect(replay(NEW, OLD)).resolves.toBeUndefined();
      await expect(replay(NEW)).rejects.toThrow(/Encoded failure|does not hold/);
      await keepHistory(it.link, callId, 'inbound-sealed');
    },
  );

  test.concurrent('that is gone does not keep the reconciler from being scheduled', async () => {
    const argumentsOf = async (link: TemporalLink) => {
      const { action } = await link.client.schedule.getHandle(RECONCILE_SCHEDULE).describe();
      return action.args;
    };
    const queue = 'nobody-works-here';
    await keepReconcileSchedule(holding(OLD).client, 3_600_000, queue);
    await expect(argumentsOf(holding(NEW))).rejects.toThrow(SealedPayloadError);
    await keepReconcileSchedule(holding(NEW).client, 3_600_000, queue);
    expect(await argumentsOf(holding(NEW))).toEqual([reconcileInput(3_600_000)]);
    await keepReconcileSchedule(holding(NEW).client, undefined, queue);
  });
});
