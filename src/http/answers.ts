/** Turns an answer of the gateway into TwiML, and speaks for the gateway while it has none. */
import type { Answer } from '../call-gateway.ts';
import { renderGoodbye, renderListen, renderRedirect, renderStep } from '../twilio/twiml.ts';
import type { TwilioUrls } from '../twilio/urls.ts';
import type { ListenPlan, Voice } from '../../workflows/assistant.ts';
import { parseKey } from '../../workflows/rules/keys.ts';
import type { TwilioWebhook } from './twilio-request.ts';

/** The gateway's fixed lines. It keeps no state, so it does not know the assistant's own voice. */
const VOICE: Voice = { language: 'en-US' };
const LISTEN: ListenPlan = { keys: true, timeoutSeconds: 5, speechTimeout: 'auto', hints: [] };
/** Said while a reply takes its time, in turn; the reply comes after at most 20 s. */
const FILLERS = ['One moment, please.', 'I am still on it.', 'Thank you for waiting.'];
/** Said from this round on: something of ours must be away. */
const OUTAGE_ROUND = 6;
const OUTAGE_LINE = 'Please stay on the line. I will be right with you.';
const ASK_AGAIN_LINE = 'Sorry, I did not get that. Could you say it again, please?';
/** At about 4 s a round, some 10 minutes: whoever still waits then is asked to call again. */
const LAST_ROUND = 150;
/** At about 9 s an asking, as long. */
const LAST_ASKING = 60;
/** A call that has not begun has nothing to lose: about half a minute. */
const LAST_BEGIN_ROUND = 8;
const GIVE_UP_LINE = 'We are sorry, we have a technical problem. Please call again later. Goodbye.';

/** Every line the caller may hear that no workflow has decided. */
export const FIXED_LINES: readonly string[] = [
  ...FILLERS,
  OUTAGE_LINE,
  ASK_AGAIN_LINE,
  GIVE_UP_LINE,
];

/** Which route's answer it is: where a filler comes back to. */
export type Place = 'begin' | 'turn' | 'resume' | 'connect';

export function renderAnswer(
  answer: Answer,
  webhook: TwilioWebhook,
  urls: TwilioUrls,
  place: Place,
): string {
  switch (answer.kind) {
    case 'step':
      return renderStep(answer.step, webhook.call, urls);
    case 'ask-again': {
      if ((parseKey(answer.key)?.asking ?? 0) > LAST_ASKING) {
        return renderGoodbye({ say: GIVE_UP_LINE, voice: VOICE });
      }
      const spoken = { say: ASK_AGAIN_LINE, voice: VOICE };
      return renderListen(spoken, LISTEN, answer.key, webhook.call, urls);
    }
    case 'over':
      return renderGoodbye({ say: '', voice: VOICE });
    case 'wait':
      return renderWait(webhook, urls, place);
  }
}

/** A short filler and a redirect that comes back: the caller never hears dead air. */
export function renderWait(webhook: TwilioWebhook, urls: TwilioUrls, place: Place): string {
  const round = (webhook.wait ?? 0) + 1;
  if (round > (place === 'begin' ? LAST_BEGIN_ROUND : LAST_ROUND)) {
    return renderGoodbye({ say: GIVE_UP_LINE, voice: VOICE });
  }
  const url = comeBackUrl(webhook, urls, place, round);
  return renderRedirect({ say: fillerFor(round), voice: VOICE }, url);
}

function fillerFor(round: number): string {
  if (round >= OUTAGE_ROUND) return OUTAGE_LINE;
  return FILLERS[(round - 1) % FILLERS.length] ?? OUTAGE_LINE;
}

function comeBackUrl(webhook: TwilioWebhook, urls: TwilioUrls, place: Place, wait: number): string {
  const { call, turn, stream } = webhook;
  const { callId, callSid } = call;
  if (place === 'turn' && turn !== undefined) {
    return urls.processSpeech({ callSid, callId, key: turn, wait });
  }
  if (place === 'connect' && stream !== undefined) return urls.connect({ callId, stream, wait });
  if (place === 'begin') {
    return call.direction === 'inbound' ? urls.voice(wait) : urls.outbound(callId, wait);
  }
  return urls.processSpeech({ callSid, callId, wait });
}
