/** What Deepgram's live transcription is asked for: the query of `/v1/listen`. */

export interface ListenQuery {
  /** `https://api.deepgram.com` or a server of one's own; http and https stand for ws and wss. */
  baseUrl: string;
  model: string;
  /** BCP-47 tag. */
  language: string;
  hints: readonly string[];
}

/**
 * Terms, and characters of all of them. More than 500 tokens make the server fall silent in place of
 * an error; a token has two characters at the very least in what people write down as hints.
 */
const MAX_TERMS = 100;
const MAX_TERM_LENGTH = 80;
const MAX_TERMS_LENGTH = 1_000;

/** Regions that Deepgram tells apart; it refuses tags that it does not know, such as `de-AT`. */
const REGIONS = new Set(
  `da-DK de-CH en-AU en-GB en-IN en-NZ en-US es-419 fr-CA ko-KR nl-BE pt-BR pt-PT sv-SE
   th-TH zh-CN zh-HK zh-TW`.split(/\s+/),
);

export function listenUrl({ baseUrl, model, language, hints }: ListenQuery): string {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/v1/listen`);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  url.search = new URLSearchParams([
    ['model', model],
    ['language', languageOf(language)],
    ['encoding', 'mulaw'],
    ['sample_rate', '8000'],
    ['channels', '1'],
    ['interim_results', 'true'],
    ['punctuate', 'true'],
    ['smart_format', 'true'],
    // Where a turn ends is decided here, with more knowledge than pauses.
    ['endpointing', 'false'],
    ...termsOf(model, hints),
  ]).toString();
  return url.href;
}

function languageOf(tag: string): string {
  const [primary = 'en', region = ''] = tag.split(/[-_]/);
  const lower = primary.toLowerCase();
  const exact = `${lower}-${region.toUpperCase()}`;
  if (REGIONS.has(exact)) return exact;
  return lower === 'nb' || lower === 'nn' ? 'no' : lower;
}

/** Nova-3 takes phrases as `keyterm`; models before it single words as `keywords`. */
function termsOf(model: string, hints: readonly string[]): [string, string][] {
  const isNew = model.startsWith('nova-3');
  const terms: [string, string][] = [];
  let left = MAX_TERMS_LENGTH;
  for (const hint of hints) {
    // Behind a colon would stand how much a keyword is to be preferred.
    const term = hint.replace(/[\p{Cc}\p{Cs}\s:]+/gu, ' ').trim();
    if (term === '' || term.length > MAX_TERM_LENGTH || (!isNew && term.includes(' '))) continue;
    left -= term.length;
    if (left < 0 || terms.length === MAX_TERMS) break;
    terms.push([isNew ? 'keyterm' : 'keywords', term]);
  }
  return terms;
}
