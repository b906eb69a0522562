/** The simulated Twilio of a drill. */
import { DEMO_NUMBER, DEMO_STREAM_NUMBER } from '../../demo/demo-config.ts';
import { startSimulator } from '../../simulator/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import type { Place } from '../bench-instance.ts';

/** But over streams speech takes no time and no pause ends it: what is measured is ours alone. */
export function startPatientTwilio({ urls, accountSid, authToken }: Place): Promise<Simulator> {
  const webhooks = {
    voiceUrl: urls.voice(),
    voiceFallbackUrl: urls.fallback(),
    statusCallback: urls.status(),
  };
  return startSimulator({
    accountSid,
    authToken,
    msPerCharacter: 0,
    fastForward: true,
    numbers: [DEMO_NUMBER, DEMO_STREAM_NUMBER].map((phoneNumber) => ({ phoneNumber, ...webhooks })),
  });
}
