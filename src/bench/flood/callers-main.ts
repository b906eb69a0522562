/**
 * The process that plays callers. It has nothing else to do: what the supervisor has to do with strangers'
 * connections is not to delay its clock.
 */
import { createUrls } from '../../twilio/urls.ts';
import { callAgainAndAgain, newPlayed } from '../load.ts';
import { pause } from '../play-call.ts';
import type { CallersOrder, CallersTimes } from './callers-order.ts';

async function play(order: CallersOrder): Promise<CallersTimes> {
  const { baseUrl, accountSid, authToken, callers, turns, pauseMs, seconds } = order;
  const played = newPlayed();
  const { samples } = played;
  const stopping = new AbortController().signal;
  const who = { accountSid, authToken, stopping };
  // So that it has to be let in beside the strangers'.
  const target = { urls: createUrls(baseUrl), ...who, keepAlive: false };
  const until = pause(seconds * 1000);
  await callAgainAndAgain(target, { turns, pauseMs }, callers, { until, played });
  const timesMs = {
    first: samples.timesOf('first'),
    turn: samples.timesOf('turn'),
    status: samples.timesOf('status'),
  };
  return { timesMs, errors: samples.errors, problems: samples.problems() };
}

// A terminal tells everybody; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));
process.once('message', (order) => {
  play(order as CallersOrder).then(
    (times) => process.send?.(times, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : 'The callers failed.'}\n`);
      process.exit(1);
    },
  );
});
