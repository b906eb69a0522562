import type { StreamOrder } from '../streams/streams.ts';
import type { TwimlElement } from '../twiml-parse.ts';
import { methodOf, NEXT } from '../verb-context.ts';
import type { Verb, VerbContext } from '../verb-context.ts';

/** Name and value of a parameter together. */
const MAX_PARAMETER_CHARACTERS = 500;

/**
 * `<Connect><Stream>`: both directions of the call's audio go over a WebSocket of the application.
 * When it is over and the call goes on, `action` is asked; without one the next verb runs.
 */
export const connect: Verb = async (element, context) => {
  const { signal } = context;
  const order = orderOf(element, context);
  if (!order) return NEXT;
  await context.runStream(order);
  const { action, method } = element.attributes;
  if (signal.aborted || action === undefined) return NEXT;
  const target = { url: action, method: methodOf(method, context), purpose: 'connect' as const };
  return { kind: 'go', target: { ...target, fields: [] } };
};

function orderOf(element: TwimlElement, context: VerbContext): StreamOrder | undefined {
  const [stream, ...others] = elementsOf(element);
  if (stream?.name !== 'Stream' || others.length > 0) {
    context.warn(12200, 'this simulator plays Connect with one Stream in it, and nothing else');
    return undefined;
  }
  const { url = '', name, track, statusCallback, statusCallbackMethod } = stream.attributes;
  if (track !== undefined && track !== 'inbound_track') {
    context.warn(12200, 'a Stream inside Connect has the inbound track alone');
  }
  return {
    url,
    name,
    parameters: parametersOf(stream, context),
    statusCallback:
      statusCallback === undefined
        ? undefined
        : {
            url: statusCallback,
            method: methodOf(statusCallbackMethod, context),
          },
  };
}

function parametersOf(stream: TwimlElement, context: VerbContext): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const child of elementsOf(stream)) {
    const { name, value } = child.attributes;
    if (child.name !== 'Parameter' || name === undefined || value === undefined) {
      context.warn(12200, 'a Stream holds Parameters with a name and a value');
    } else if (name.length + value.length >= MAX_PARAMETER_CHARACTERS) {
      context.warn(12200, `a Parameter has ${MAX_PARAMETER_CHARACTERS} characters or more`);
    } else parameters[name] = value;
  }
  return parameters;
}

function elementsOf(element: TwimlElement): TwimlElement[] {
  return element.children.filter((child) => typeof child !== 'string');
}
