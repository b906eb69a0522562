/**
 * Hands the trace of a message on to the activities that it causes: a header goes in with a signal
 * or an update and out with an activity. No span is made here, so nothing here depends on a clock or
 * on chance. Headers are no commands: a history that was recorded without them replays as it was,
 * and so does one with them where traces are no longer collected.
 *
 * It also tells activities and log lines which turn they are for.
 */
import { defaultPayloadConverter } from '@temporalio/workflow';
import type {
  Headers,
  WorkflowInboundCallsInterceptor,
  WorkflowInterceptors,
  WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import { spokeSignal, turnUpdate } from './contract.ts';
import { TRACE_HEADER, TURN_HEADER } from './headers.ts';
import { parseKey } from './rules/keys.ts';

type HeaderValue = Headers[string];

/** Where what happens now comes from. */
interface Cause {
  trace?: HeaderValue | undefined;
  turn?: string | undefined;
}

/**
 * All of this is synchronous on purpose: one more promise between a message and its handler could
 * change the order in which a replay decides.
 */
export function interceptors(): WorkflowInterceptors {
  /** Of the message whose handler is running at this moment. */
  let now: Cause | undefined;
  /** What no handler causes (a record, a deadline) belongs to the message before it. */
  let lastTrace: HeaderValue | undefined;

  function because<T>(cause: Cause, handle: () => T): T {
    const before = now;
    now = cause;
    lastTrace = cause.trace ?? lastTrace;
    try {
      return handle();
    } finally {
      now = before;
    }
  }

  function withCause<I extends { headers: Headers }>(input: I): I {
    const trace = now?.trace ?? lastTrace;
    const turn = now?.turn;
    if (trace === undefined && turn === undefined) return input;
    const headers: Headers = {
      ...input.headers,
      ...(trace !== undefined && { [TRACE_HEADER]: trace }),
      ...(turn !== undefined && { [TURN_HEADER]: defaultPayloadConverter.toPayload(turn) }),
    };
    return { ...input, headers };
  }

  const inbound: WorkflowInboundCallsInterceptor = {
    execute: (input, next) => because({ trace: input.headers[TRACE_HEADER] }, () => next(input)),
    handleSignal: (input, next) => {
      const turn = input.signalName === spokeSignal.name ? spokenKey(input.args[0]) : undefined;
      return because({ trace: input.headers[TRACE_HEADER], turn }, () => next(input));
    },
    handleUpdate: (input, next) => {
      const turn = input.name === turnUpdate.name ? turnKey(input.args[0]) : undefined;
      return because({ trace: input.headers[TRACE_HEADER], turn }, () => next(input));
    },
  };
  const outbound: WorkflowOutboundCallsInterceptor = {
    scheduleActivity: (input, next) => next(withCause(input)),
    scheduleLocalActivity: (input, next) => next(withCause(input)),
    getLogAttributes: (input, next) =>
      next(now?.turn === undefined ? input : { ...input, turn: now.turn }),
  };
  return { inbound: [inbound], outbound: [outbound] };
}

function spokenKey(payload: unknown): string | undefined {
  return turnKey((payload as { key?: unknown } | undefined)?.key);
}

function turnKey(key: unknown): string | undefined {
  return typeof key === 'string' && parseKey(key) ? key : undefined;
}
