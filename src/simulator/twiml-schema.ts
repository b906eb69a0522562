/** Which verbs and attributes there are. Names are case sensitive. */
import type { TwimlElement } from './twiml-parse.ts';

const words = (text: string) => new Set(text.split(' '));

/** The verbs that are executed, with their attributes. */
const ATTRIBUTES: Readonly<Record<string, ReadonlySet<string>>> = {
  Say: words('voice language loop'),
  Play: words('digits loop'),
  Pause: words('length'),
  Gather: words(
    'input action method timeout speechTimeout finishOnKey numDigits actionOnEmptyResult ' +
      'partialResultCallback partialResultCallbackMethod language speechModel hints ' +
      'profanityFilter enhanced bargeIn maxSpeechTime debug',
  ),
  Connect: words('action method'),
  Redirect: words('method'),
  Hangup: new Set(),
  Reject: words('reason'),
};

/** Inside Connect. */
const STREAM = words('url name track statusCallback statusCallbackMethod');

/** SSML inside Say. */
const SSML = words('break emphasis lang p s phoneme prosody say-as sub w');

const KNOWN_ELSEWHERE = words('Dial Enqueue Leave Pay Prompt Record Refer Sms Start Stop');

/** What is wrong with an element by itself: each a 12200 warning. */
export function schemaWarnings(element: TwimlElement): string[] {
  const known = ATTRIBUTES[element.name];
  if (!known) {
    return [
      KNOWN_ELSEWHERE.has(element.name)
        ? `${element.name} is not played by this simulator`
        : `there is no verb ${element.name}`,
    ];
  }
  const warnings = Object.keys(element.attributes)
    .filter((name) => !known.has(name))
    .map((name) => `${element.name} has no attribute ${name}`);
  if (element.name === 'Connect') return [...warnings, ...streamWarnings(element)];
  if (element.name !== 'Say') return warnings;
  return [...warnings, ...ssmlWarnings(element)];
}

function streamWarnings(connect: TwimlElement): string[] {
  return connect.children.flatMap((child) =>
    typeof child === 'string' || child.name !== 'Stream'
      ? []
      : Object.keys(child.attributes)
          .filter((name) => !STREAM.has(name))
          .map((name) => `Stream has no attribute ${name}`),
  );
}

function ssmlWarnings(element: TwimlElement): string[] {
  return element.children.flatMap((child) => {
    if (typeof child === 'string') return [];
    const own = SSML.has(child.name) ? [] : [`Say cannot hold ${child.name}`];
    return [...own, ...ssmlWarnings(child)];
  });
}
