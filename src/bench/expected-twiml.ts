/** Whether an answer is the TwiML that it ought to be. Pure. */
import { flattenText, parseTwiml } from '../simulator/twiml-parse.ts';
import type { TimedAnswer } from './twilio-client.ts';

/** An answer that a caller would not have wanted. The message names nothing that was said. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

export interface Expected {
  callSid: string;
  /** The words the caller is to hear. */
  said: string;
  /** The turn that is to be listened for. */
  turn: number;
}

/**
 * Reads an answer that says something and listens.
 * @returns the URL that Twilio would post what the caller says to
 * @throws WrongAnswer for anything else: a refusal, a filler, other words, another turn.
 */
export function listeningAt(answer: TimedAnswer, expected: Expected): string {
  if (answer.status !== 200) throw new WrongAnswer(`HTTP status ${answer.status}`);
  if (!answer.contentType.startsWith('text/xml')) throw new WrongAnswer('not text/xml');
  const document = parseTwiml(answer.body);
  if (!document.ok) throw new WrongAnswer(`no TwiML: ${document.reason}`);
  const [gather, ...others] = document.verbs;
  if (typeof gather !== 'object' || gather.name !== 'Gather' || others.length > 0) {
    const names = document.verbs.map((verb) => (typeof verb === 'string' ? 'text' : verb.name));
    throw new WrongAnswer(`not a single Gather: ${names.join(', ') || 'nothing'}`);
  }
  if (flattenText(gather.children) !== expected.said) throw new WrongAnswer('other words');
  const { action = '', method } = gather.attributes;
  if (method !== 'POST') throw new WrongAnswer('not to be answered by POST');
  checkAction(action, expected);
  return action;
}

/** Whether the call is ended, and nothing is asked: the answer to a webhook of a call that is over. */
export function isGoodbye({ status, body }: TimedAnswer): boolean {
  const document = parseTwiml(body);
  if (status !== 200 || !document.ok) return false;
  const names = document.verbs.map((verb) => (typeof verb === 'string' ? 'text' : verb.name));
  return names.at(-1) === 'Hangup' && names.every((name) => name === 'Say' || name === 'Hangup');
}

function checkAction(action: string, { callSid, turn }: Expected): void {
  if (!URL.canParse(action)) throw new WrongAnswer('an action that is no absolute URL');
  const { pathname, searchParams } = new URL(action);
  const isOurs = pathname.endsWith(`/process_speech/${callSid}`) && searchParams.has('call');
  if (!isOurs || searchParams.has('wait')) throw new WrongAnswer('an action for something else');
  if (searchParams.get('turn') !== String(turn)) throw new WrongAnswer('listens for another turn');
}
