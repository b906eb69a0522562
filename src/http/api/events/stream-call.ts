/** `GET /v1/calls/{id}/events`: the events of one call, from its first to its last. */
import { z } from 'zod';
import type { CallManager } from '../../../call-manager.ts';
import { eventsOfCall, findInFeed, sequenceOf } from '../../../db/event-feed.ts';
import type { Database } from '../../../db/pool.ts';
import { inWorkspace } from '../../../db/scope.ts';
import type { Scope } from '../../../db/scope.ts';
import { findOwn } from '../calls/own-call.ts';
import { idField } from '../frame/fields.ts';
import { Problem } from '../frame/problems.ts';
import type { ApiApp } from '../frame/route.ts';
import { addStream } from '../frame/stream.ts';
import type { StreamSource } from '../frame/stream-writer.ts';
import { EXAMPLE, PAGE, shown } from './stream-form.ts';
import type { EventStreamParts } from './stream-form.ts';

const LAST = 'call.ended';

export function callEventStreamRoute(
  app: ApiApp,
  db: Database,
  manager: Pick<CallManager, 'getCallStatus'>,
  parts: EventStreamParts,
): void {
  addStream(app, db, parts, {
    path: '/calls/:id/events',
    name: 'streamCallEvents',
    summary: 'Watch a call as it goes on',
    description:
      'Server-sent events, from the first of the call or behind `Last-Event-ID`, until `call.ended` was sent. ' +
      'When nothing is left to be sent of a call that is over, the answer is 204.',
    tag: 'calls',
    scope: 'calls:read',
    params: z.object({ id: idField('call') }),
    example: EXAMPLE,
    start: async (context) => {
      const { caller, params, lastEventId, bell } = context;
      const { workspaceId } = caller;
      const { row } = await findOwn(context, manager, params.id);
      const watching = parts.hub.watch(workspaceId, () => bell.ring());
      try {
        const start = await context.inWorkspace('Finding a place in the events', (scope) =>
          placeOf(scope, params.id, lastEventId),
        );
        const source = sourceFrom(start, row?.status === 'ended', {
          read: (after) =>
            parts.reads.read(`${params.id} ${watching.notices()} ${after}`, () =>
              inWorkspace(db, workspaceId, 'Reading events', (scope) =>
                eventsOfCall(scope, params.id, after, PAGE),
              ),
            ),
          close: () => watching.stop(),
        });
        if (start.hasNext || !source.isOver()) return source;
        source.close();
        return undefined;
      } catch (error) {
        watching.stop();
        throw error;
      }
    },
  });
}

interface Place {
  sequence: number;
  /** Something was recorded behind it. */
  hasNext: boolean;
  /** The sequence of its end. */
  end: number | undefined;
}

/** @throws {Problem} `event-unknown` for what is no event of this call (any more). */
async function placeOf(scope: Scope, callId: string, from: string | undefined): Promise<Place> {
  const event = from === undefined ? undefined : await findInFeed(scope, from);
  if (from !== undefined && event?.callId !== callId) throw new Problem('event-unknown');
  const sequence = event?.sequence ?? 0;
  const [next] = await eventsOfCall(scope, callId, sequence, 1);
  return { sequence, hasNext: next !== undefined, end: await sequenceOf(scope, callId, LAST) };
}

interface Feed extends Pick<StreamSource, 'close'> {
  read: (after: number) => ReturnType<typeof eventsOfCall>;
}

/** @param wasOver it was over before: if its end is not among the events, it is kept no longer */
function sourceFrom(
  { sequence: start, end }: Place,
  wasOver: boolean,
  { read, close }: Feed,
): StreamSource & { isOver: () => boolean } {
  let sequence = start;
  let isOver = end === undefined ? wasOver : end <= start;
  return {
    close,
    isOver: () => isOver,
    read: async () => {
      const rows = await read(sequence);
      sequence = rows.at(-1)?.sequence ?? sequence;
      isOver ||= rows.some(({ type }) => type === LAST);
      return { events: rows.map(shown), hasMore: rows.length === PAGE, isOver };
    },
  };
}
