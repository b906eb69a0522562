import { flattenText } from '../twiml-parse.ts';
import { loopsOf, NEXT } from '../verb-context.ts';
import type { Verb, VerbContext } from '../verb-context.ts';

const TONE_MS = 200;
const WAIT_MS = 500;

/** `<Play>`: a sound by its URL, or touch tones (`w` waits half a second). */
export const play: Verb = async (element, context) => {
  const { document, line, signal } = context;
  const { digits } = element.attributes;
  const url = flattenText(element.children);
  const place = { documentUrl: document.url, requestId: document.requestId };
  let durationMs: number | undefined;
  if (digits !== undefined) durationMs = tonesMs(digits, context);
  else if (url !== '') durationMs = await context.fetchSound(url);
  else context.warn(12200, 'Play has neither a URL nor digits');
  if (durationMs === undefined) return NEXT;
  const sound =
    digits === undefined
      ? { source: 'play' as const, text: url, durationMs, ...place }
      : { source: 'keys' as const, text: digits, durationMs, ...place };
  for (let left = loopsOf(element, context); left > 0 && !signal.aborted; left -= 1) {
    await line.play(sound, signal);
  }
  return NEXT;
};

function tonesMs(digits: string, context: VerbContext): number | undefined {
  if (!/^[0-9#*wW]+$/.test(digits)) {
    context.warn(12200, 'Play digits may hold 0-9, #, * and w');
    return undefined;
  }
  // Without audible seconds (a test that does not wait for speech) tones take none either.
  if (context.msPerCharacter === 0) return 0;
  const waits = digits.match(/w/gi)?.length ?? 0;
  return waits * WAIT_MS + (digits.length - waits) * TONE_MS;
}
