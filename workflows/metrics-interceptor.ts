/**
 * Counts the calls that begin and end, where it is decided. Metrics are no commands and are not told
 * again by a replay, so old histories replay as they were.
 */
import { ContinueAsNew, metricMeter, workflowInfo } from '@temporalio/workflow';
import type { WorkflowInboundCallsInterceptor, WorkflowInterceptors } from '@temporalio/workflow';
import type { CallOutcome, CallWorkflowInput } from './call.ts';
import { CALL_WORKFLOW } from './contract.ts';

function started() {
  return metricMeter.createCounter('voca_calls_started', undefined, 'Calls that have begun');
}

function ended() {
  return metricMeter.createCounter('voca_calls_ended', undefined, 'Calls that were closed');
}

const inbound: WorkflowInboundCallsInterceptor = {
  execute(input, next) {
    const running = next(input);
    if (workflowInfo().workflowType !== CALL_WORKFLOW) return running;
    const [{ direction, carried }] = input.args as [CallWorkflowInput];
    if (carried === undefined) started().add(1, { direction });
    // Beside the run, not in its way.
    running.then(
      (outcome) => {
        const { endReason = 'none' } = outcome as CallOutcome;
        ended().add(1, { direction, reason: endReason });
      },
      (error: unknown) => {
        if (error instanceof ContinueAsNew) return; // it goes on
        ended().add(1, { direction, reason: 'workflow-failed' });
      },
    );
    return running;
  },
};

export function interceptors(): WorkflowInterceptors {
  return { inbound: [inbound] };
}
