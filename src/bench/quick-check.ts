/**
 * The same check as {@link listeningAt} without parsing XML, for when many answers are looked at by
 * a load generator that shares its processors with what it measures.
 */
import { listeningAt } from './expected-twiml.ts';
import type { Expected } from './expected-twiml.ts';
import type { TimedAnswer } from './twilio-client.ts';

const ACTION = / action="([^"]*)"/;
const SAYS = /<Say[^>]*>([^<]*)<\/Say>/;

/**
 * What looks right at first sight is right: one Gather, these words, this turn. Anything else is
 * parsed, which tells what is wrong.
 * @returns the URL that Twilio would post what the caller says to
 * @throws WrongAnswer as listeningAt does
 */
export function quickListeningAt(answer: TimedAnswer, expected: Expected): string {
  const { body } = answer;
  const action = ACTION.exec(body)?.[1]?.replaceAll('&amp;', '&');
  const isRight =
    answer.status === 200 &&
    answer.contentType.startsWith('text/xml') &&
    action !== undefined &&
    body.includes('<Response><Gather ') &&
    body.endsWith('</Gather></Response>') &&
    SAYS.exec(body)?.[1] === expected.said &&
    action.includes(`/process_speech/${expected.callSid}?call=`) &&
    action.includes(`&turn=${expected.turn}#`);
  return isRight ? action : listeningAt(answer, expected);
}
