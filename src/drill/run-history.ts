/** What the checks want to know of a workflow's run, read from its stored history. */
import type { StoredHistory } from './evidence.ts';
import { payloadValue, payloadValues } from './stored-history.ts';

export type RunEnd = 'open' | 'completed' | 'continued' | 'failed' | 'terminated' | 'timed-out';

export interface RunHistory {
  callId: string;
  runId: string;
  /** The arguments that the workflow began with. */
  input: Record<string, unknown>;
  end: RunEnd;
  /** What the workflow returned. */
  result: unknown;
  replies: ReplyActivity[];
  /** Decided steps as they were given to webhooks. */
  steps: DecidedStep[];
  /** Domain events handed to the record, in order. */
  recorded: RecordedEvent[];
  /** Words of ours that Twilio was asked to say, or an operator: no update's result. */
  otherWords: string[];
  /** `VocaEndReason`, as it was set last. */
  endReason: string | undefined;
}

export interface ReplyActivity {
  /** The turn's key, from the activity's summary. */
  key: string | undefined;
  attempts: number;
  outcome: 'completed' | 'failed' | 'cancelled' | 'open';
}

export interface DecidedStep {
  updateId: string;
  /** `0` for the greeting. */
  key: string;
  say: string;
}

export interface RecordedEvent {
  sequence: number;
  type: string;
  [field: string]: unknown;
}

/** A part of an event; what it holds is looked at with care. */
type Part = Record<string, unknown>;

export function readRun(history: StoredHistory): RunHistory {
  const run: RunHistory = {
    callId: history.callId,
    runId: history.runId,
    input: {},
    end: 'open',
    result: undefined,
    replies: [],
    steps: [],
    recorded: [],
    otherWords: [],
    endReason: undefined,
  };
  const reader = new Reader(run);
  for (const event of history.events) reader.read(event);
  return run;
}

class Reader {
  readonly #run: RunHistory;
  readonly #replies = new Map<string, ReplyActivity>();
  readonly #updates = new Map<string, string>();

  constructor(run: RunHistory) {
    this.#run = run;
  }

  read(event: Part): void {
    const run = this.#run;
    for (const [name, value] of Object.entries(event)) {
      if (!name.endsWith('EventAttributes')) continue;
      const attributes = value as Part;
      const end = ENDS[name];
      if (end) run.end = end;
      if (name === 'workflowExecutionStartedEventAttributes') this.#started(attributes);
      else if (name === 'workflowExecutionCompletedEventAttributes') {
        [run.result] = payloadValues(attributes['result']);
      } else if (name === 'activityTaskScheduledEventAttributes') {
        this.#scheduled(event, attributes);
      } else if (name.startsWith('activityTask')) this.#activity(name, attributes);
      else if (name === 'workflowExecutionUpdateAcceptedEventAttributes') {
        this.#accepted(attributes);
      } else if (name === 'workflowExecutionUpdateCompletedEventAttributes') {
        this.#answered(attributes);
      } else if (name === 'upsertWorkflowSearchAttributesEventAttributes') {
        this.#upserted(attributes);
      } else if (name === 'markerRecordedEventAttributes') this.#marked(attributes);
    }
  }

  #started(attributes: Part): void {
    const [input] = payloadValues(attributes['input']);
    this.#run.input = (input ?? {}) as Part;
    const carried = (this.#run.input['carried'] as Part | undefined)?.['state'] as Part | undefined;
    if (!carried) return;
    for (const [key, step] of Object.entries((carried['decided'] ?? {}) as Part)) {
      this.#step('carried', key, step);
    }
    this.#assistant(carried['assistant']);
  }

  #scheduled(event: Part, attributes: Part): void {
    const { name } = (attributes['activityType'] ?? {}) as { name?: string };
    const [input] = payloadValues(attributes['input']) as (Part | undefined)[];
    if (name === 'reply') {
      const { summary } = (event['userMetadata'] ?? {}) as { summary?: unknown };
      const text = payloadValue(summary);
      const key = typeof text === 'string' ? /\d+(-\d+)?$/.exec(text)?.[0] : undefined;
      const reply: ReplyActivity = { key, attempts: 0, outcome: 'open' };
      this.#replies.set(String(event['eventId']), reply);
      this.#run.replies.push(reply);
    }
    if (name === 'record') {
      this.#run.recorded.push(...((input?.['events'] ?? []) as RecordedEvent[]));
    }
    const say = input?.['say'] as { text?: string } | undefined;
    if (name === 'hangUp' && say?.text !== undefined) this.#run.otherWords.push(say.text);
  }

  #activity(name: string, attributes: Part): void {
    const reply = this.#replies.get(String(attributes['scheduledEventId']));
    if (!reply) return;
    // Earlier attempts leave no event; the started event of the last one counts them.
    if (name.startsWith('activityTaskStarted')) reply.attempts = Number(attributes['attempt'] ?? 1);
    if (name.startsWith('activityTaskCompleted')) reply.outcome = 'completed';
    if (/^activityTask(Failed|TimedOut)/.test(name)) reply.outcome = 'failed';
    if (name.startsWith('activityTaskCanceled')) reply.outcome = 'cancelled';
  }

  #accepted(attributes: Part): void {
    const request = (attributes['acceptedRequest'] ?? {}) as Part;
    const { updateId = '' } = (request['meta'] ?? {}) as { updateId?: string };
    const { name, args } = (request['input'] ?? {}) as { name?: string; args?: unknown };
    const [value] = payloadValues(args);
    if (name === 'begin') this.#updates.set(updateId, '0');
    if (name === 'reconnect') this.#updates.set(updateId, RECONNECTED);
    if (name === 'turn') this.#updates.set(updateId, String(value));
    const { message } = (value ?? {}) as { message?: string };
    if (name === 'end' && message !== undefined) this.#run.otherWords.push(message);
  }

  #answered(attributes: Part): void {
    const { updateId = '' } = (attributes['meta'] ?? {}) as { updateId?: string };
    const key = this.#updates.get(updateId);
    const { success } = (attributes['outcome'] ?? {}) as { success?: unknown };
    if (key !== undefined && success) this.#step(updateId, key, payloadValues(success)[0]);
  }

  #step(updateId: string, key: string, step: unknown): void {
    const { say } = (step ?? {}) as { say?: unknown };
    if (typeof say === 'string') this.#run.steps.push({ updateId, key, say });
  }

  #upserted(attributes: Part): void {
    const { indexedFields } = (attributes['searchAttributes'] ?? {}) as { indexedFields?: Part };
    const reason = payloadValue(indexedFields?.['VocaEndReason']);
    if (typeof reason === 'string') this.#run.endReason = reason;
  }

  #marked(attributes: Part): void {
    const { result } = (attributes['details'] ?? {}) as { result?: unknown };
    this.#assistant(payloadValues(result)[0]);
  }

  /** What it says when it is out of time: given to a webhook that has lost its place. */
  #assistant(assistant: unknown): void {
    const { limits } = (assistant ?? {}) as { limits?: { farewell?: unknown } };
    if (typeof limits?.farewell === 'string') this.#run.otherWords.push(limits.farewell);
  }
}

/** Of what follows a stream that is over: no turn's. */
const RECONNECTED = 'reconnected';

const ENDS: Record<string, RunEnd> = {
  workflowExecutionCompletedEventAttributes: 'completed',
  workflowExecutionContinuedAsNewEventAttributes: 'continued',
  workflowExecutionFailedEventAttributes: 'failed',
  workflowExecutionTerminatedEventAttributes: 'terminated',
  workflowExecutionCanceledEventAttributes: 'terminated',
  workflowExecutionTimedOutEventAttributes: 'timed-out',
};
