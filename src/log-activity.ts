/** Lines that are written during an activity name its call, its turn and its attempt. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors, Headers } from '@temporalio/worker';
import { TURN_HEADER } from '../workflows/headers.ts';
import { withLogContext } from './log-context.ts';
import type { LogFields } from './log-fields.ts';

/** An activity interceptor for workers: for our own lines, and for those of Temporal. */
export function logActivity({ info }: Context): ActivityInterceptors {
  let turn: string | undefined;
  return {
    inbound: {
      execute: (input, next) => {
        turn =
          headerText(input.headers, TURN_HEADER) ?? recordedTurn(info.activityType, input.args);
        const fields: LogFields = {
          callId: info.workflowExecution?.workflowId,
          name: info.activityType,
          ...(turn !== undefined && { turn }),
          ...(info.attempt > 1 && { attempt: info.attempt }),
        };
        return withLogContext(
          () => fields,
          () => next(input),
        );
      },
    },
    outbound: {
      getLogAttributes: (attributes, next) =>
        next(turn === undefined ? attributes : { ...attributes, turn }),
    },
  };
}

/** The text of a header; undefined when there is none, or something else. */
export function headerText(headers: Headers, name: string): string | undefined {
  const payload = headers[name];
  if (!payload) return undefined;
  const text: unknown = defaultPayloadConverter.fromPayload(payload);
  return typeof text === 'string' ? text : undefined;
}

/** A record is written for whatever has piled up; the last turn in it says where the call is. */
function recordedTurn(activityType: string, [batch]: unknown[]): string | undefined {
  if (activityType !== 'record') return undefined;
  const { events = [] } = (batch ?? {}) as { events?: { turn?: { key?: string } }[] };
  return events.findLast((event) => event.turn?.key !== undefined)?.turn?.key;
}
