/** Headers that travel with messages and activities beside their payloads. They are not sealed. */

/** W3C trace context, put there by whoever sent the message. */
export const TRACE_HEADER = 'traceparent';
/** The key of the turn that an activity is for. */
export const TURN_HEADER = 'voca-turn';
