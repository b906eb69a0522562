/**
 * Judges a call after a drill: what the caller really said, by the simulated Twilio's own log, and
 * what became of it in the database and in the workflow's history.
 */
import { expect } from '@jest/globals';
import type { Phone } from '../../../src/simulator/index.ts';
import { eventually } from './eventually.ts';
import type { RunningInstance } from './instance.ts';

/** Every utterance is in the transcript exactly once and in order; each was thought about once. */
export async function expectNothingLost(instance: RunningInstance, phone: Phone): Promise<void> {
  const callId = instance.callIdOf(phone);
  expect(phone.heardApplicationError).toBe(false);
  const said = instance.simulator.log
    .of('spoke', phone.callSid)
    .filter((entry) => entry.input === 'speech')
    .map((entry) => entry.text);
  const stored = await eventually(
    async () => {
      const call = await instance.records().findCall(callId);
      if (call?.status !== 'ended') throw new Error('the end is not recorded');
      if (call.turns.length < said.length)
        throw new Error(`${call.turns.length} turns are recorded`);
      return call;
    },
    { withinMs: 20_000 },
  );
  const heard = stored.turns.flatMap((turn) =>
    turn.heard.kind === 'speech' ? [turn.heard.text] : [],
  );
  expect(heard).toEqual(said);
  expect(stored.turns.map((turn) => turn.status)).toEqual(stored.turns.map(() => 'answered'));
  expect(await replyActivities(instance, callId)).toBe(said.length);
}

async function replyActivities(instance: RunningInstance, callId: string): Promise<number> {
  const history = await instance.link.client.workflow.getHandle(callId).fetchHistory();
  return (history.events ?? []).filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'reply',
  ).length;
}
