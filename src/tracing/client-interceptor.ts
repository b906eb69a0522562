/** Sends the trace of what is being done along with every message to a workflow. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { Headers, WorkflowClientInterceptor } from '@temporalio/client';
import { TRACE_HEADER } from '../../workflows/headers.ts';
import { traceHeader } from './trace.ts';

/** For every client; without a collector it changes nothing. */
export const traceMessages: WorkflowClientInterceptor = {
  startWithDetails: (input, next) => next({ ...input, headers: traced(input.headers) }),
  signal: (input, next) => next({ ...input, headers: traced(input.headers) }),
  startUpdate: (input, next) => next({ ...input, headers: traced(input.headers) }),
  startUpdateWithStart: (input, next) =>
    next({
      ...input,
      workflowStartHeaders: traced(input.workflowStartHeaders),
      updateHeaders: traced(input.updateHeaders),
    }),
};

function traced(headers: Headers): Headers {
  const header = traceHeader();
  if (header === undefined) return headers;
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(header) };
}
