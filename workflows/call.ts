/**
 * One phone call, from its first ring to its record.
 *
 * The state machine in `conversation.ts` decides; this file wires it to messages, timers and
 * activities. Webhooks reach it through `src/call-gateway.ts`.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { CallActivities } from '../activities/index.ts';
import type { Assistant } from './assistant.ts';
import type { CallInput, EndReason, Step, TurnKey } from './contract.ts';
import {
  beginUpdate,
  endUpdate,
  heardQuery,
  MOVED,
  SEARCH_ATTRIBUTES,
  snapshotQuery,
  spokeSignal,
  statusSignal,
  turnUpdate,
} from './contract.ts';
import { Alarm } from './alarm.ts';
import {
  carriedState,
  hasHeard,
  isClosed,
  newConversation,
  reduce,
  snapshotOf,
  stepFor,
} from './conversation.ts';
import { callDetails } from './details.ts';
import { createEffects } from './effects.ts';
import type { CarriedRecords } from './recorder.ts';
import { Recorder } from './recorder.ts';
import { nextDeadline } from './rules/deadlines.ts';
import { GREETING_KEY, parseKey } from './rules/keys.ts';
import type { Conversation, ConversationEvent } from './rules/state.ts';

/** One quick read: the one place where a local activity fits. */
const { loadAssistant } = proxyLocalActivities<CallActivities>({
  startToCloseTimeout: '1500ms',
  scheduleToCloseTimeout: '3s',
  retry: { maximumAttempts: 2, initialInterval: '50ms' },
});

/** Until it is written, however long the database is away. */
const { record } = proxyActivities<CallActivities>({
  startToCloseTimeout: '10s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '200ms', maximumInterval: '5s' },
});

export interface CallWorkflowInput extends CallInput {
  /** Set only by the call itself, when it continues as new. */
  carried?: { state: Conversation; records: CarriedRecords };
}

export interface CallOutcome {
  endReason?: EndReason;
  turns: number;
}

export async function call(input: CallWorkflowInput): Promise<CallOutcome> {
  const { carried, ...start } = input;
  let state = carried?.state ?? newConversation(start, Date.now());
  /** What came before the assistant was loaded. */
  let backlog: ConversationEvent[] | undefined = carried ? undefined : [];
  /** The run is about to end and go on as a new one: whoever waits must come again. */
  let isMoving = false;

  const recorder = new Recorder(
    (events) =>
      record.executeWithOptions(
        { summary: `Record ${events.map((each) => each.type).join(', ')}` },
        [{ callId: start.callId, events }],
      ),
    carried?.records,
  );
  const alarm = new Alarm(() => dispatch({ type: 'time', at: Date.now() }));
  const perform = createEffects({
    state: () => state,
    dispatch: (event) => dispatch(event),
    record: (effect) => recorder.add(effect.event, Date.now()),
  });

  /** Everything that happens to the call comes through here. */
  function dispatch(event: ConversationEvent): void {
    if (backlog) return void backlog.push(event);
    apply(event);
    setAlarm();
  }

  function setAlarm(): void {
    const deadline = nextDeadline(state);
    if (deadline) alarm.set(deadline.at, `Deadline: ${deadline.name}`);
  }

  function apply(event: ConversationEvent): void {
    const before = state;
    const next = reduce(before, event);
    state = next.state;
    next.effects.forEach(perform);
    publish(before, state);
  }

  async function decidedStep(key: TurnKey): Promise<Step> {
    await condition(() => stepFor(state, key) !== undefined || isMoving);
    const step = stepFor(state, key);
    if (!step) throw ApplicationFailure.nonRetryable('The call goes on in a new run', MOVED);
    dispatch({ type: 'collected', key, at: Date.now() });
    return step;
  }

  setHandler(
    spokeSignal,
    guarded(({ key, heard }) => {
      dispatch({ type: 'spoke', key, heard, at: Date.now() });
    }),
  );
  setHandler(
    statusSignal,
    guarded((status) => {
      dispatch({ type: 'status', status, at: Date.now() });
    }),
  );
  setHandler(beginUpdate, (request) => {
    dispatch({ type: 'begun', callSid: request.callSid, at: Date.now() });
    return decidedStep(GREETING_KEY);
  });
  setHandler(turnUpdate, decidedStep, { validator: refuseBadKey });
  setHandler(endUpdate, async (request) => {
    dispatch({ type: 'end-requested', message: request.message, at: Date.now() });
    await condition(() => backlog === undefined);
  });
  setHandler(snapshotQuery, () => snapshotOf(state));
  setHandler(heardQuery, (key) => hasHeard(state, key));

  if (backlog) {
    const assistant = await findAssistant(start);
    const waiting = backlog;
    backlog = undefined;
    const isEnd = (event: ConversationEvent) => event.type === 'end-requested';
    waiting.filter(isEnd).forEach(apply); // so that nobody is dialled only to be hung up
    apply({ type: 'loaded', ...(assistant && { assistant }), at: Date.now() });
    waiting.filter((event) => !isEnd(event)).forEach(apply);
    setAlarm();
  } else {
    dispatch({ type: 'time', at: Date.now() });
  }
  void recorder.run();

  while (!isClosed(state)) {
    await condition(() => isClosed(state) || mayMove(state, recorder));
    if (isClosed(state)) break;
    isMoving = true;
    await condition(allHandlersFinished);
    if (mayMove(state, recorder)) {
      await continueAsNew<typeof call>({
        ...start,
        carried: { state: carriedState(state), records: recorder.carry() },
      });
    }
    isMoving = false; // something happened meanwhile
  }
  await condition(() => allHandlersFinished() && recorder.isIdle());
  return { ...(state.endReason && { endReason: state.endReason }), turns: state.turns.length };
}

async function findAssistant(start: CallInput): Promise<Assistant | undefined> {
  const number = start.direction === 'inbound' ? start.to : start.from;
  try {
    const found = await loadAssistant({
      number,
      ...(start.assistantId !== undefined && { assistantId: start.assistantId }),
    });
    return found ?? undefined;
  } catch {
    log.warn('no assistant could be loaded');
    return undefined;
  }
}

function mayMove(state: Conversation, recorder: Recorder): boolean {
  return workflowInfo().continueAsNewSuggested && state.status === 'listening' && recorder.isIdle();
}

/** Shows operators where the call stands. Search attributes change only when it must be. */
function publish(before: Conversation, now: Conversation): void {
  setCurrentDetails(callDetails(now));
  const { assistant, endReason, status } = SEARCH_ATTRIBUTES;
  if (now.assistant && !before.assistant) {
    upsertSearchAttributes([{ key: assistant, value: now.assistant.id }]);
  }
  const isAnswered = now.answeredAt !== undefined && before.answeredAt === undefined;
  if (isAnswered && now.call.direction === 'outbound' && now.status !== 'ended') {
    upsertSearchAttributes([{ key: status, value: 'in-progress' }]);
  }
  if (now.status === 'ended' && before.status !== 'ended') {
    upsertSearchAttributes([
      { key: status, value: 'ended' },
      { key: endReason, value: now.endReason ?? null },
    ]);
  }
}

function refuseBadKey(key: TurnKey): void {
  if (!parseKey(key)) throw ApplicationFailure.nonRetryable('Not a turn key', 'BadTurnKey');
}

/** Nobody waits for a signal: a bad one is logged and forgotten, it must not stop the call. */
function guarded<T>(handle: (payload: T) => void): (payload: T) => void {
  return (payload) => {
    try {
      handle(payload);
    } catch (error) {
      log.error('a signal was ignored', { error: String(error) });
    }
  };
}
