/** What the state machine asks of Twilio, carried out by activities. What fails is looked at again later. */
import { isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { CallActivities } from '../activities/index.ts';
import { RING_SECONDS } from './rules/deadlines.ts';
import type { Machine } from './rules/state.ts';
import { isoTime } from './rules/state.ts';

/** Asked once: nobody is dialled twice. */
const { dial } = proxyActivities<CallActivities>({
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
  retry: { maximumAttempts: 1 },
});

/** Shorter than the time after which the state machine asks again, so that questions never pile up. */
const { askCarrier, findCall, hangUp, redirect } = proxyActivities<CallActivities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '15s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '500ms', maximumInterval: '5s' },
});

export async function placeCall(machine: Machine): Promise<void> {
  const { call, assistant } = machine.state();
  try {
    const result = await dial.executeWithOptions({ summary: 'Ask Twilio to place the call' }, [
      {
        callId: call.callId,
        from: call.from,
        to: call.to,
        ringSeconds: RING_SECONDS,
        limitSeconds: (assistant?.limits.callSeconds ?? 3600) + 60,
      },
    ]);
    machine.dispatch({ type: 'dialled', result, at: Date.now() });
  } catch {
    // The worker died or the answer was lost: Twilio may have been asked.
    machine.dispatch({ type: 'dialled', result: { outcome: 'unclear' }, at: Date.now() });
  }
}

export async function askTwilio(machine: Machine): Promise<void> {
  const { callSid } = machine.state();
  if (callSid === undefined) return;
  try {
    const view = await askCarrier.executeWithOptions(
      { summary: 'Ask Twilio how the call stands' },
      [{ callSid }],
    );
    machine.dispatch({ type: 'carrier-answered', ...(view && { call: view }), at: Date.now() });
  } catch {
    machine.dispatch({ type: 'carrier-failed', at: Date.now() });
  }
}

export async function lookForCall(machine: Machine): Promise<void> {
  const { call, startedAt } = machine.state();
  try {
    const found = await findCall.executeWithOptions({ summary: 'Look for the call at Twilio' }, [
      { from: call.from, to: call.to, since: isoTime(startedAt) },
    ]);
    if (machine.state().callSid !== undefined) return; // Twilio has called back meanwhile
    machine.dispatch({ type: 'carrier-answered', ...(found && { call: found }), at: Date.now() });
  } catch {
    machine.dispatch({ type: 'carrier-failed', at: Date.now() });
  }
}

/** Has Twilio ask what follows a stream. */
export async function sendOn(machine: Machine, number: number): Promise<void> {
  const { callSid, call, stream, mode } = machine.state();
  const isWanted = mode === 'stream' && stream?.number === number && stream.is !== 'attached';
  if (callSid === undefined || !isWanted) return; // it has come back meanwhile
  try {
    const order = { callSid, callId: call.callId, stream: number };
    const summary = `Send the call on after stream ${number}`;
    const { isUp } = await redirect.executeWithOptions({ summary }, [order]);
    if (!isUp) await askTwilio(machine);
  } catch (error) {
    if (isCancellation(error)) return;
    log.warn('Twilio could not be asked to go on with a call; it is asked again later');
  }
}

export async function endCall(machine: Machine, say: string): Promise<void> {
  const { callSid, assistant } = machine.state();
  if (callSid === undefined) return;
  const { language = 'en-US', name } = assistant?.voice ?? {};
  try {
    await hangUp.executeWithOptions({ summary: 'Hang up' }, [
      {
        callSid,
        ...(say && { say: { text: say, language, ...(name !== undefined && { voice: name }) } }),
      },
    ]);
  } catch {
    log.warn('Twilio could not be asked to hang up; it is asked again later');
  }
}
