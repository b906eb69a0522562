/** Follows a call to its end, also when the api goes away for a while. */
import { z } from 'zod';
import { pathTo } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { followEvents } from '../follow-events.ts';
import { CallEventLines } from './call-event-lines.ts';
import { assistantLine } from './call-text.ts';
import { callEventForm } from './event-forms.ts';

export interface WatchOptions {
  /** How long the API may be away before it is a failure, in milliseconds. */
  patienceMs: number;
  /** Events as they come, rather than lines for a person. */
  asJson: boolean;
  out: (line: string) => void;
  /** Told once when it is away. */
  complain: (text: string) => void;
}

const greeted = z.looseObject({
  transcript: z.looseObject({ greeting: z.string().nullable() }),
});

/** @throws {ApiProblem} when there is no such call; {NotReadyError} when the API stays away. */
export async function watchCall(
  api: ApiClient,
  id: string,
  { patienceMs, asJson, out, complain }: WatchOptions,
): Promise<void> {
  const lines = new CallEventLines();
  let isOver = false;
  const events = followEvents(api, pathTo`/calls/${id}/events`, {
    patienceMs: [patienceMs, patienceMs],
    complain,
    isOver: () => isOver,
  });
  for await (const { type, data } of events) {
    isOver ||= type === 'call.ended';
    if (asJson) {
      out(data);
      continue;
    }
    const { data: event } = callEventForm.safeParse(JSON.parse(data));
    if (event) lines.of(event).forEach(out);
    if (event?.type !== 'call.answered') continue;
    const greeting = await greetingOf(api, id);
    if (greeting !== null) out(assistantLine(greeting));
  }
}

/** Events do not hold it; without it there is still much to see. */
async function greetingOf(api: ApiClient, id: string): Promise<string | null> {
  const answer = await api.get(pathTo`/calls/${id}`).catch(() => undefined);
  const { data } = greeted.safeParse(answer?.body);
  return data?.transcript.greeting ?? null;
}
