/** How a number must be set at Twilio so that its calls come to us, and how one differs from that. */
import type { NumberDifference } from '../../activities/number-ports.ts';
import type { TwilioUrls } from './urls.ts';

type Setting = NumberDifference['setting'];
type Settings = Record<Setting, string>;

/** What we set ourselves, as the parameters of Twilio's client. */
export function ourSettings(urls: TwilioUrls) {
  return {
    voiceUrl: urls.voice(),
    voiceMethod: 'POST',
    voiceFallbackUrl: urls.fallback(),
    voiceFallbackMethod: 'POST',
    statusCallback: urls.status(),
    statusCallbackMethod: 'POST',
  };
}

/** What is read of a number; Twilio says null or nothing of what is not set. */
export type NumberSettings = {
  [Name in keyof ReturnType<typeof ourSettings>]: string | null | undefined;
} & {
  voiceApplicationSid: string | null | undefined;
  trunkSid: string | null | undefined;
  voiceReceiveMode: string | null | undefined;
};

/** The settings that keep calls, their fallback or their status callbacks from coming to us. */
export function differencesOf(number: NumberSettings, urls: TwilioUrls): NumberDifference[] {
  const expected = named({
    ...ourSettings(urls),
    // An application wins over the URLs of the number, and a trunk over everything (protocol).
    voiceApplicationSid: '',
    trunkSid: '',
    voiceReceiveMode: 'voice',
  });
  const found = named(number);
  // Numbers that never took faxes may come without it.
  if (found.voice_receive_mode === '') found.voice_receive_mode = 'voice';
  return (Object.keys(expected) as Setting[])
    .filter((setting) => comparable(expected[setting]) !== comparable(found[setting]))
    .map((setting) => ({ setting, expected: expected[setting], found: shown(found[setting]) }));
}

/** What is to be set so that nothing of a number leads to us any more; empty when nothing does. */
export function withoutOurs(
  number: NumberSettings,
  urls: TwilioUrls,
): Partial<Record<'voiceUrl' | 'voiceFallbackUrl' | 'statusCallback', ''>> {
  const ours = ourSettings(urls);
  const isOurs = (name: 'voiceUrl' | 'voiceFallbackUrl' | 'statusCallback') =>
    bare(number[name] ?? '') === bare(ours[name]);
  return {
    ...(isOurs('voiceUrl') && { voiceUrl: '' }),
    ...(isOurs('voiceFallbackUrl') && { voiceFallbackUrl: '' }),
    ...(isOurs('statusCallback') && { statusCallback: '' }),
  };
}

/** Without connection overrides, and as people type it into Twilio's console. */
function bare(url: string): string {
  return comparable(url.split('#')[0] ?? '').replace(/\/+$/, '');
}

function named(number: NumberSettings): Settings {
  const text = (value: string | null | undefined) => (typeof value === 'string' ? value : '');
  return {
    voice_url: text(number.voiceUrl),
    voice_method: text(number.voiceMethod).toUpperCase(),
    voice_fallback_url: text(number.voiceFallbackUrl),
    voice_fallback_method: text(number.voiceFallbackMethod).toUpperCase(),
    status_callback: text(number.statusCallback),
    status_callback_method: text(number.statusCallbackMethod).toUpperCase(),
    voice_application_sid: text(number.voiceApplicationSid),
    trunk_sid: text(number.trunkSid),
    voice_receive_mode: text(number.voiceReceiveMode),
  };
}

/** The same URL may be written in several ways; the connection overrides behind it count. */
function comparable(value: string): string {
  return URL.canParse(value) ? new URL(value).href : value.trim();
}

const MAX_SHOWN = 300;

/** URLs of other applications may hold passwords and tokens. */
function shown(value: string): string {
  if (!URL.canParse(value)) return value.slice(0, MAX_SHOWN);
  const url = new URL(value);
  const credentials = url.username !== '' || url.password !== '' ? '***@' : '';
  const query = url.search === '' ? '' : '?***';
  return `${url.protocol}//${credentials}${url.host}${url.pathname}${query}${url.hash}`.slice(
    0,
    MAX_SHOWN,
  );
}
