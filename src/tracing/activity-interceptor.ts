/** A span around every activity, as the child of the webhook that caused it. */
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import { headerText } from '../log-activity.ts';
import { TRACE_HEADER, TURN_HEADER } from '../../workflows/headers.ts';
import { inSpan } from './trace.ts';

/** An activity interceptor for workers. */
export function traceActivity({ info }: Context): ActivityInterceptors {
  return {
    inbound: {
      execute: (input, next) => {
        const parent = headerText(input.headers, TRACE_HEADER);
        const fields = {
          callId: info.workflowExecution?.workflowId,
          turn: headerText(input.headers, TURN_HEADER),
          attempt: info.attempt,
        };
        const options = { fields, ...(parent !== undefined && { parent }) };
        return inSpan(`activity ${info.activityType}`, options, () => next(input));
      },
    },
  };
}
