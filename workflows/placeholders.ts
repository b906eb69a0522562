/**
 * `{{name}}` in an assistant's texts. Pure and of no imports but types, so that whoever saves an
 * assistant can look at its texts with the same eyes as the call that speaks them.
 */
import type { Assistant, StreamPlan, Variables } from './assistant.ts';

/** Letters, digits and `_`; white space inside the braces is allowed. Anything else is plain text. */
const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;

/** The names that a text has placeholders for, each once, in order of appearance. */
export function placeholdersOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name = '']) => name))];
}

/** Values are put in as they are, braces and all; what has no value becomes nothing. */
export function fillPlaceholders(text: string, variables: Variables): string {
  return text.replace(PLACEHOLDER, (_, name: string) =>
    Object.hasOwn(variables, name) ? String(variables[name]) : '',
  );
}

/** An assistant with its texts filled for one call: the call's own variables over its defaults. */
export function filled(assistant: Assistant, ofTheCall: Variables = {}): Assistant {
  const variables = { ...assistant.variables, ...ofTheCall };
  return withTexts(assistant, (text) => fillPlaceholders(text, variables));
}

/** The names that the texts of an assistant have placeholders for. */
export function placeholdersIn(assistant: SpokenTexts): string[] {
  const texts: string[] = [];
  withTexts(assistant, (text) => {
    texts.push(text);
    return text;
  });
  return [...new Set(texts.flatMap(placeholdersOf))];
}

/** What of an assistant may have placeholders. */
export type SpokenTexts = Pick<
  Assistant,
  | 'firstMessage'
  | 'instructions'
  | 'silence'
  | 'limits'
  | 'ending'
  | 'apology'
  | 'failure'
  | 'stream'
>;

function withTexts<A extends SpokenTexts>(assistant: A, change: (text: string) => string): A {
  const { firstMessage, instructions, silence, limits, ending, apology, failure, stream } =
    assistant;
  return {
    ...assistant,
    firstMessage: change(firstMessage),
    instructions: change(instructions),
    silence: { ...silence, prompt: change(silence.prompt), farewell: change(silence.farewell) },
    limits: { ...limits, farewell: change(limits.farewell) },
    ending: { ...ending, message: change(ending.message) },
    apology: change(apology),
    ...(stream && { stream: streamWithTexts(stream, change) }),
    ...(failure && { failure: { ...failure, farewell: change(failure.farewell) } }),
  };
}

function streamWithTexts(stream: StreamPlan, change: (text: string) => string): StreamPlan {
  const { bridge, filler } = stream;
  return {
    ...stream,
    ...(bridge !== undefined && { bridge: change(bridge) }),
    ...(filler && {
      filler: { ...filler, ...(filler.phrases && { phrases: filler.phrases.map(change) }) },
    }),
  };
}
