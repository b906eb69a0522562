/** Follows a live call to its end, also when the api goes away for a while. */
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { ApiProblem } from '../api-errors.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { callWithTranscript, liveForm } from './call-forms.ts';
import type { LiveForm } from './call-forms.ts';
import { LiveView } from './live-lines.ts';
import type { LiveEvent } from './live-lines.ts';

export interface WatchOptions {
  /** Between two looks, in milliseconds. */
  everyMs: number;
  /** How long the API may be away before it is a failure, in milliseconds. */
  patienceMs: number;
  tell: (event: LiveEvent) => void;
  /** Told once when it is away. */
  complain: (text: string) => void;
}

/** @throws {ApiProblem} when there is no such call; {NotReadyError} when the API stays away. */
export async function watchCall(
  api: ApiClient,
  id: string,
  { everyMs, patienceMs, tell, complain }: WatchOptions,
): Promise<void> {
  const view = new LiveView();
  let lastSeen = performance.now();
  let isAway = false;
  for (;;) {
    try {
      const call = await look(api, id);
      lastSeen = performance.now();
      isAway = false;
      view.news(call).forEach(tell);
      if (call.status === 'ended') return;
    } catch (error) {
      const mayPass = exitCodeOf(error) === EXIT.notReady;
      if (!mayPass || performance.now() - lastSeen > patienceMs) throw error;
      if (!isAway) complain('The API is away; still watching ...');
      isAway = true;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** The call as it stands; once its workflow is gone, as it was recorded. */
async function look(api: ApiClient, id: string): Promise<LiveForm> {
  try {
    return understand(liveForm, (await api.get(pathTo`/calls/${id}/live`)).body);
  } catch (error) {
    if (!(error instanceof ApiProblem) || ![404, 409].includes(error.status)) throw error;
    const { body } = await api.get(pathTo`/calls/${id}`);
    const { transcript, ...call } = understand(callWithTranscript, body);
    // One that is not recorded as over yet is looked at again.
    const status = call.status === 'ended' ? 'ended' : 'in-progress';
    return { ...call, status, transcript: { ...transcript, earlier_turns: 0 } };
  }
}
