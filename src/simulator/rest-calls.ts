/** The Calls resource. */
import type { Account, LiveCall } from './account.ts';
import { param, statusParams } from './rest-params.ts';
import { fallbackParams, outboundOrder, startParams } from './rest-call-create.ts';
import { filterCalls } from './rest-call-filter.ts';
import { callResource } from './rest-call-resource.ts';
import { badRequest, notFound, RestError } from './rest-errors.ts';
import { pageOf } from './rest-paging.ts';
import type { RestAnswer, RestRequest } from './rest-request.ts';

/** `/Calls.json`. */
export function callsCollection(account: Account, request: RestRequest): RestAnswer {
  if (request.method === 'POST') {
    const order = outboundOrder(request.form, account.parts.numbers);
    return { status: 201, body: callResource(account.place(order).state) };
  }
  if (request.method !== 'GET') throw methodNotAllowed();
  const states = account.calls.map(({ state }) => state);
  const found = filterCalls(states, request.query).map(callResource);
  return { status: 200, body: pageOf('calls', found, request.path, request.query) };
}

/** `/Calls/{sid}.json`. */
export function callInstance(account: Account, sid: string, request: RestRequest): RestAnswer {
  const live = account.call(sid);
  if (!live) throw notFound(request.path);
  if (request.method === 'DELETE') {
    if (!live.state.isOver) throw badRequest(20009, 'Cannot delete a call that is in progress');
    account.forget(sid);
    return { status: 204 };
  }
  if (request.method === 'POST') update(live, request);
  else if (request.method !== 'GET') throw methodNotAllowed();
  return { status: 200, body: callResource(live.state) };
}

const NOT_IN_PROGRESS = 21220;

function update({ state, flow, callbacks }: LiveCall, { form }: RestRequest): void {
  if (state.isOver) throw badRequest(NOT_IN_PROGRESS, 'Call is not in-progress. Cannot redirect.');
  const status = param(form, 'Status');
  const start = startParams(form);
  if (status !== undefined && status !== 'completed' && status !== 'canceled') {
    throw badRequest(21218, 'Status must be completed or canceled');
  }
  const unanswered = !state.isAnswered;
  if (status === 'canceled' && !unanswered) {
    throw badRequest(NOT_IN_PROGRESS, 'Call is in-progress. Cannot cancel.');
  }
  if (start && !status && unanswered) {
    throw badRequest(NOT_IN_PROGRESS, 'Call is not in-progress. Cannot redirect.');
  }
  const subscription = statusParams(form);
  if (subscription) callbacks.subscription = subscription;
  flow.fallback = fallbackParams(form) ?? flow.fallback;
  if (status !== undefined) flow.end('rest');
  else if (start)
    flow.replace('url' in start && 'purpose' in start ? { ...start, purpose: 'redirect' } : start);
}

export const methodNotAllowed = () => new RestError(405, 20004, 'Method not allowed');
