import {
  ApplicationFailure,
  condition,
  log,
  patched,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { CallActivities } from '../activities/index.ts';
import type { Assistant } from './assistant.ts';
import { Alarm } from './alarm.ts';
import type { CallInput, Step, TurnKey } from './contract.ts';
import type { AttachRequest, ReconnectRequest, StreamBrief } from './stream-contract.ts';
import { MOVED, SEARCH_ATTRIBUTES } from './contract.ts';
import { STREAM_REFUSED } from './stream-contract.ts';
import { isClosed, newConversation, reduce, stepFor } from './conversation.ts';
import { callDetails } from './details.ts';
import type { Effects } from './effects.ts';
import { createEffects } from './effects.ts';
import type { CallEvent, CallEventBody } from './events.ts';
import type { FoundAssistant } from './find-assistant.ts';
import { Recorder } from './recorder.ts';
import { nextDeadline } from './rules/deadlines.ts';
import type { Conversation, ConversationEvent } from './rules/state.ts';
import { briefOf, mayAttach, stepAfterStream } from './rules/streams.ts';
import { sumUpSession } from './session-summary.ts';

/** Until it is written, however long the database is away. */
const { record } = proxyActivities<CallActivities>({
  startToCloseTimeout: '5s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '200ms', maximumInterval: '5s' },
});

/** What a call takes along when it continues as new. */
export interface CarriedCall {
  state: Conversation;
  /** The number of the last event that was recorded. */
  sequence: number;
  /** Events that were numbered and are not known to be recorded. */
  unsaved?: CallEvent[];
}

/**
 * A webhook waits no longer than this for its step (the gateway's 3.5 s and the way there); a step
 * that is decided later was not taken away by the one who asked for it.
 */
const PATIENCE_MS = 4500;

const LONG_RUN_EVENTS = 2000;

/** A call under way: the state machine with its hands, its alarm and its record. */
export class CallRun {
  state: Conversation;
  readonly recorder: Recorder;
  readonly #effects: Effects;
  readonly #alarm: Alarm;
  /** What came before the assistant was loaded. */
  #backlog: ConversationEvent[] | undefined;
  /** The run is about to end and go on as a new one: whoever waits must come again. */
  #isMoving = false;
  /** What was said is still to be summed up. */
  #isToBeSummedUp = true;

  constructor(start: CallInput, carried?: CarriedCall) {
    this.state = carried?.state ?? newConversation(start, workflowInfo().startTime.getTime());
    this.#backlog = carried ? undefined : [];
    const save = (events: CallEvent[]): Promise<void> =>
      record.executeWithOptions({ summary: summaryOf(events) }, [{ callId: start.callId, events }]);
    this.recorder = new Recorder(save, carried?.sequence, carried?.unsaved);
    this.#alarm = new Alarm(() => this.dispatch({ type: 'time', at: Date.now() }));
    this.#effects = createEffects({
      state: () => this.state,
      dispatch: (event) => this.dispatch(event),
      record: ({ event, at }) => {
        // A call that has counted its events without these goes on as it has counted.
        if (event.type === 'call.degraded' && !patched('degraded-turns')) return;
        this.recorder.add(event, at);
      },
    });
  }

  /** Everything that happens to the call comes through here. */
  dispatch(event: ConversationEvent): void {
    if (this.#backlog) {
      this.#backlog.push(event);
      return;
    }
    this.#apply(event);
    this.#setAlarm();
  }

  /** The assistant is there, or none can be had: what has come meanwhile is dealt with. */
  begin(found: FoundAssistant): void {
    const waiting = this.#backlog ?? [];
    this.#backlog = undefined;
    const isEnd = (event: ConversationEvent) => event.type === 'end-requested';
    waiting.filter(isEnd).forEach((event) => this.#apply(event)); // before anybody is dialled
    this.#apply({ type: 'loaded', ...found, at: Date.now() });
    waiting.filter((event) => !isEnd(event)).forEach((event) => this.#apply(event));
    this.#setAlarm();
  }

  get hasBegun(): boolean {
    return this.#backlog === undefined;
  }

  /** Waits for the step that answers a turn. */
  async decidedStep(key: TurnKey): Promise<Step> {
    const since = Date.now();
    await condition(() => stepFor(this.state, key) !== undefined || this.#isMoving);
    const step = stepFor(this.state, key);
    if (!step) throw moved();
    const at = Date.now();
    if (at - since <= PATIENCE_MS) this.dispatch({ type: 'collected', key, at });
    return step;
  }

  /** Lets a stream in. @throws ApplicationFailure `StreamRefused` */
  attach(request: AttachRequest): StreamBrief {
    this.#refuseWhenMoving();
    this.dispatch({ type: 'attached', request, at: Date.now() });
    const brief = mayAttach(this.state, request, Date.now()) ? briefOf(this.state) : undefined;
    if (!brief) throw streamRefused();
    return brief;
  }

  /** Decides what follows a stream that is over. */
  reconnect(request: ReconnectRequest): Step {
    this.#refuseWhenMoving();
    this.dispatch({ type: 'reconnected', request, at: Date.now() });
    return stepAfterStream(this.state, request.callSid);
  }

  /** In a new run: the session of a media worker goes on, and is looked after again. */
  resumeSession(): void {
    const { stream, status } = this.state;
    if (stream?.is !== 'attached' || status === 'ended') return;
    this.#effects.perform({ do: 'run-session', stream: stream.number });
  }

  /** Whether the call may go on in a new run at this moment: nothing is under way. */
  mayMove(): boolean {
    return (
      isRunLong() &&
      this.state.status === 'listening' &&
      this.#effects.isIdle() &&
      (this.recorder.isIdle() || patched('moves-unsaved'))
    );
  }

  /** While it moves, whoever waits is told to come again. */
  set isMoving(isMoving: boolean) {
    this.#isMoving = isMoving;
  }

  /** Sums up what was said when the call is over; to be called once. Never rejects. */
  async sumUp(): Promise<void> {
    const record = (event: CallEventBody) => this.recorder.add(event, Date.now());
    const state = () => this.state;
    await sumUpSession({ state, record });
    this.#isToBeSummedUp = false;
  }

  /** Whether the call is over, everything is written and nothing is being done any more. */
  isDone(): boolean {
    const isIdle = this.recorder.isIdle() && this.#effects.isIdle() && !this.#isToBeSummedUp;
    return isClosed(this.state) && isIdle;
  }

  #refuseWhenMoving(): void {
    if (this.#isMoving) throw moved();
  }

  #apply(event: ConversationEvent): void {
    const before = this.state;
    const next = reduce(before, event);
    this.state = next.state;
    next.effects.forEach((effect) => this.#effects.perform(effect));
    publish(before, this.state);
  }

  #setAlarm(): void {
    const deadline = nextDeadline(this.state);
    if (deadline) this.#alarm.set(deadline.at, `Deadline: ${deadline.name}`);
  }
}

function moved(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('The call goes on in a new run', MOVED);
}

export function streamRefused(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('The stream is not let in', STREAM_REFUSED);
}

/**
 * The server suggests a new run at 4,096 events. A worker that takes the call over from a dead one
 * replays its run before it can answer, while the caller waits: half of that is enough.
 */
function isRunLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || (historyLength >= LONG_RUN_EVENTS && patched('shorter-runs'));
}

/** Shows operators where the call stands. Search attributes change only when it must be. */
function publish(before: Conversation, now: Conversation): void {
  setCurrentDetails(callDetails(now));
  const { endReason, status } = SEARCH_ATTRIBUTES;
  if (now.assistant && !before.assistant) publishAssistant(now.assistant, now.call);
  const isAnswered = now.answeredAt !== undefined && before.answeredAt === undefined;
  if (isAnswered && now.call.direction === 'outbound' && now.status !== 'ended') {
    upsertSearchAttributes([{ key: status, value: 'in-progress' }]);
  }
  if (now.status === 'ended' && before.status !== 'ended') {
    upsertSearchAttributes([
      { key: status, value: 'ended' },
      { key: endReason, value: now.endReason ?? null },
    ]);
    log.info('the call is over', { reason: now.endReason });
  }
}

/** A call that was placed for a workspace carries its name from the start. */
function publishAssistant({ id, workspaceId }: Assistant, call: CallInput): void {
  const { assistant, workspace } = SEARCH_ATTRIBUTES;
  const isNew = workspaceId !== undefined && call.workspaceId === undefined;
  upsertSearchAttributes([
    { key: assistant, value: id },
    ...(isNew ? [{ key: workspace, value: workspaceId }] : []),
  ]);
}

/** Short, however many events have piled up. */
function summaryOf(events: CallEvent[]): string {
  const [first] = events;
  return events.length === 1 && first ? `Record ${first.type}` : `Record ${events.length} events`;
}
