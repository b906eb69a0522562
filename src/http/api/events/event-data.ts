/** What the events hold: little, and nothing that the API would not show. */
import type { CallEvent } from '../../../../workflows/events.ts';
import type { EventViews } from '../../../db/call-outbox.ts';
import type { StoredCall } from '../../../db/calls.ts';
import type { StoredSession } from '../../../db/sessions.ts';
import { viewCall, viewTries, viewTurn } from '../calls/call-view.ts';
import type { EventData } from './catalogue.ts';
import { shortened } from './shorten.ts';

/** @param call as it was when this had happened */
export function viewCallEvent(event: CallEvent, call: StoredCall): EventData[CallEvent['type']] {
  const call_id = call.id;
  switch (event.type) {
    case 'call.turn.completed':
      return shortened({ call_id, turn: viewTurn(event.turn, event.position) });
    case 'call.degraded': {
      const { turnKey: turn_key, position, cause, model = null, tries } = event;
      return shortened({ call_id, turn_key, position, cause, model, tries: viewTries(tries) });
    }
    case 'call.summarized':
      return shortened({
        call_id,
        session_id: call.sessionId ?? null,
        summary: event.text || null,
      });
    default:
      return shortened({ call: viewCall(call) });
  }
}

/** Without what was said in it, and with whom: that may be erased. */
export function viewSession(session: StoredSession): EventData['session.created'] {
  return {
    session: {
      id: session.id,
      object: 'session',
      status: session.status,
      assistant_id: session.assistantId,
      call_count: session.callCount,
      created_at: session.createdAt,
      last_active_at: session.lastActiveAt,
      expires_at: session.expiresAt,
    },
  };
}

/** For the record of calls. */
export const EVENT_VIEWS: EventViews = { call: viewCallEvent, session: viewSession };
