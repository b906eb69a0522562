/** Words that the gateway has refused: what its log says, and what the caller heard. */
import type { CallEvidence } from './call-evidence.ts';
import type { ProductLog } from './evidence.ts';
import { askAgainKey } from '../../workflows/rules/keys.ts';

const REFUSED = 'words were refused';

export class Refusals {
  readonly #logged = new Set<string>();

  constructor(logs: readonly ProductLog[]) {
    for (const { text } of logs) {
      for (const line of text.split('\n')) {
        if (!line.includes(REFUSED)) continue;
        const callId = /"callId":"([^"]+)"/.exec(line)?.[1];
        const turn = /"turn":"([^"]+)"/.exec(line)?.[1];
        if (callId !== undefined && turn !== undefined) this.#logged.add(`${callId} ${turn}`);
      }
    }
  }

  isLogged(callId: string, key: string): boolean {
    return this.#logged.has(`${callId} ${key}`);
  }

  /** Whether a webhook of this turn was answered with a Gather for its next asking. */
  wasAskedAgain(call: CallEvidence, key: string): boolean {
    const again = new RegExp(`[?&](?:amp;)?turn=${askAgainKey(key)}(?![0-9-])`);
    return [...call.requests.values()].some(
      (webhook) => webhook.key === key && webhook.answers.some(({ body }) => again.test(body)),
    );
  }
}
