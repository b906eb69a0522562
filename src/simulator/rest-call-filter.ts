/** The filters of the list of calls. */
import type { CallState } from './call-state.ts';
import type { Field } from './form.ts';
import { badRequest } from './rest-errors.ts';

const DAY_MS = 86_400_000;

type Test = (call: CallState) => boolean;

/** The calls that pass every filter in the query. */
export function filterCalls(calls: readonly CallState[], query: readonly Field[]): CallState[] {
  const tests = query.map(([name, value]) => testOf(name, value));
  return calls.filter((call) => tests.every((test) => test(call)));
}

function testOf(name: string, value: string): Test {
  if (name === 'To') return (call) => call.identity.to === value;
  if (name === 'From') return (call) => call.identity.from === value;
  // No call of this simulator has a parent.
  if (name === 'ParentCallSid') return () => value === '';
  if (name === 'Status') {
    return ({ status }) => (status === 'initiated' ? 'queued' : status) === value;
  }
  const time = /^(StartTime|EndTime)([<>]?)$/.exec(name);
  if (!time) return () => true;
  const startOf = (call: CallState) => call.answeredAtMs ?? call.createdAtMs;
  const pick = time[1] === 'EndTime' ? (call: CallState) => call.endedAtMs : startOf;
  return timeTest(pick, time[2] ?? '', value);
}

/** A date alone means that whole day in UTC; both bounds are inclusive. */
function timeTest(
  pick: (call: CallState) => number | undefined,
  comparison: string,
  value: string,
): Test {
  const fromMs = Date.parse(value);
  if (Number.isNaN(fromMs)) throw badRequest(20001, 'Invalid date');
  const untilMs = /^\d{4}-\d\d-\d\d$/.test(value) ? fromMs + DAY_MS - 1 : fromMs;
  return (call) => {
    const atMs = pick(call);
    if (atMs === undefined) return false;
    if (comparison === '<') return atMs <= untilMs;
    // Dates on the wire have no finer grain than a second.
    const seconds = Math.floor(atMs / 1_000) * 1_000;
    if (comparison === '>') return atMs >= fromMs;
    return untilMs === fromMs ? seconds === fromMs : atMs >= fromMs && atMs <= untilMs;
  };
}
