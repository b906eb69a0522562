/**
 * What models write that was never meant for a caller: calls of tools as text, tokens of chat
 * templates, our own marked lines, the rest of a conversation that they imagine.
 */

import { boundedText } from './bounded-text.ts';

/** Some models answer with an object; what is to be said is in one of these. */
const SPOKEN_KEYS = ['text', 'content', 'message', 'response', 'reply', 'answer', 'say', 'speech'];

/** What of an answer is for the caller, and what it says of the rest. */
export interface OwnTurn {
  /** Empty when nothing is. */
  text: string;
  /** The caller was made to speak: all that follows is imagined, also in later parts of the answer. */
  isOver: boolean;
}

/** What of an answer is for the caller's ear; empty when nothing is. Only its beginning is read. */
export function forTheEar(written: string): string {
  return ownTurn(written, true).text;
}

/** @param isBeginning false for a part of an answer whose beginning was said already */
export function ownTurn(written: string, isBeginning: boolean): OwnTurn {
  const whole = boundedText(written);
  const text = withoutFence(withoutTemplateTokens(whole));
  const trimmed = isBeginning ? text.trim() : text;
  const own = firstTurn(withoutJson(spokenValue(text.trim()) ?? trimmed), isBeginning);
  return { ...own, text: own.text.trim() };
}

function withoutTemplateTokens(text: string): string {
  return text
    .replace(/<[|｜][^<>|｜]{1,60}[|｜]>/g, ' ')
    .replace(/<\/?(?:function|tool|invoke|parameter)[\w:.-]{0,40}(?:[= ][^<>\n]{0,200})?>/gi, ' ')
    .replace(/\[\/?(?:TOOL_CALLS?|INST|AVAILABLE_TOOLS|TOOL_RESULTS)\]/g, ' ')
    .replace(/end_call(?:\s?\([^()\n]{0,500}\))?/gi, ' ');
}

function withoutFence(text: string): string {
  return text.replace(/```(?:json|tool_code|tool_call)\b/gi, ' ');
}

/** The one text in an answer that is a JSON object as a whole. */
function spokenValue(text: string): string | undefined {
  const bare = text.replace(/```/g, ' ').trim();
  if (!bare.startsWith('{') || !bare.endsWith('}')) return undefined;
  try {
    const value = JSON.parse(bare) as Record<string, unknown>;
    const key = SPOKEN_KEYS.find((each) => typeof value[each] === 'string');
    return key === undefined ? undefined : String(value[key]);
  } catch {
    return undefined;
  }
}

/** Objects and lists of objects go, whole or half; nobody says `{"`. Words around them stay. */
function withoutJson(text: string): string {
  let kept = '';
  let rest = text;
  for (;;) {
    const start = /\[?\s{0,5}\{\s{0,20}"/.exec(rest)?.index;
    if (start === undefined) return kept + rest;
    kept += `${rest.slice(0, start)} `;
    rest = rest.slice(endOfJson(rest, start));
  }
}

/** Where the brackets that open at `start` are closed again; the end of the text when they are not. */
function endOfJson(text: string, start: number): number {
  let depth = 0;
  let isQuoted = false;
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at];
    if (isQuoted) {
      if (sign === '\\') at += 1;
      else if (sign === '"') isQuoted = false;
      continue;
    }
    if (sign === '"') isQuoted = true;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') depth -= 1;
    if (depth === 0 && sign !== ' ' && sign !== '\n') return at + 1;
  }
  return text.length;
}

const MARKED_LINE = /\[the (?:caller|call)\b[^\]\n]*\]?/gi;
const SPEAKER = /^\s*(?:assistant|agent|ai)\s*:\s*/i;
/** White space without ends of lines: from each of many empty lines it must not look through all others. */
const NEXT_SPEAKER = /(?:^|\n)[^\S\n]*(?:caller|user|human|customer)\s*:/i;
const NEXT_SPEAKER_LATER = /\n[^\S\n]*(?:caller|user|human|customer)\s*:/i;

/**
 * Only what comes before the caller is made to speak: what follows is imagined. A marked line in
 * front of the answer is dropped alone.
 */
function firstTurn(text: string, isBeginning: boolean): OwnTurn {
  const own = isBeginning ? text.replace(SPEAKER, '') : text;
  const next = (isBeginning ? NEXT_SPEAKER : NEXT_SPEAKER_LATER).exec(own);
  const parts = own.slice(0, next?.index).split(MARKED_LINE);
  const at = isBeginning ? parts.findIndex((part) => /[\p{L}\p{N}]/u.test(part)) : 0;
  return {
    text: parts[at]?.replace(isBeginning ? SPEAKER : /^/, '') ?? '',
    isOver: next !== null || (at !== -1 && at < parts.length - 1),
  };
}
