/** The form of server-sent events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */

export interface ServerSentEvent {
  id: string;
  type: string;
  /** Has no line breaks of its own, as JSON has none. */
  data: string;
}

export function eventText({ id, type, data }: ServerSentEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`;
}

/** An event without data is told to nobody, but from now on the client goes on from there. */
export function placeText(id: string): string {
  return `id: ${id}\n\n`;
}

/** A client that lost its connection comes back so many milliseconds later. */
export function retryText(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** Means nothing; keeps proxies from taking the line for dead. */
export const PING = ': ping\n\n';
