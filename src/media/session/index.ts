import type { OpenSession } from '../session-port.ts';
import type { SessionParts } from './parts.ts';
import { LiveSession } from './session.ts';

export type { SessionParts, SessionWatch } from './parts.ts';

/** Leads the conversations of a process's streams. */
export function createSessions(parts: SessionParts): OpenSession {
  return (request) => new LiveSession(request, parts);
}
