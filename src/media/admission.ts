/** Whether a stream may come in, as far as this process can tell alone. Its call's workflow has the last word. */
import type { StreamTokens } from '../stream-token.ts';
import type { StreamId } from './live-streams.ts';
import type { StreamStart } from './media-streams/messages.ts';

export interface Doorkeeper {
  /** Ours, at Twilio. */
  accountSid: string;
  tokens: Pick<StreamTokens, 'read'>;
}

export type Admission = StreamId | 'format' | 'account' | 'token';

const CALL_SID = /^CA[0-9a-fA-F]{32}$/;
const STREAM_SID = /^MZ[0-9a-fA-F]{32}$/;

/** @returns which stream it is, or why it may not come in. */
export function admit(start: StreamStart, { accountSid, tokens }: Doorkeeper): Admission {
  const { streamSid, callSid, parameters, isPlainAudio } = start;
  if (!isPlainAudio || !STREAM_SID.test(streamSid) || !CALL_SID.test(callSid)) return 'format';
  if (start.accountSid !== accountSid) return 'account';
  const { call, token = '' } = parameters;
  const grant = tokens.read(token);
  if (!grant || grant.callId !== call) return 'token';
  return { ...grant, streamSid };
}
