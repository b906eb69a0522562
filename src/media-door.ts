import type { Config } from './config.ts';
import { createStreamTokens } from './stream-token.ts';
import type { MediaDoor } from './twilio/urls.ts';

/** Where streams of audio are led to, and what lets them in there, as the configuration says. */
export function mediaDoor({ listen, rest, twilio }: Config): MediaDoor {
  const tokens = createStreamTokens({
    secretKeys: rest.secretKeys,
    authToken: twilio.authToken,
  });
  return {
    ...(listen.mediaUrl !== undefined && { baseUrl: listen.mediaUrl }),
    token: (grant) => tokens.make(grant),
  };
}
