/** `GET /v1/events/stream`: the events of the workspace while they come. */
import { z } from 'zod';
import type { Database } from '../../../db/pool.ts';
import { eventsAfter, feedRange, findInFeed } from '../../../db/event-feed.ts';
import { inWorkspace } from '../../../db/scope.ts';
import type { Scope } from '../../../db/scope.ts';
import { idField } from '../frame/fields.ts';
import { Problem } from '../frame/problems.ts';
import type { ApiApp } from '../frame/route.ts';
import { addStream } from '../frame/stream.ts';
import type { StreamSource } from '../frame/stream-writer.ts';
import { EXAMPLE, PAGE, shown, typesParameter, wants } from './stream-form.ts';
import type { EventStreamParts } from './stream-form.ts';

const query = z.strictObject({
  types: typesParameter.optional(),
  after: idField('evt')
    .optional()
    .meta({ description: 'An event: the stream begins behind it. `Last-Event-ID` goes before' }),
});

export function eventStreamRoute(app: ApiApp, db: Database, parts: EventStreamParts): void {
  addStream(app, db, parts, {
    path: '/events/stream',
    name: 'streamEvents',
    summary: 'Watch events as they happen',
    description:
      'Server-sent events: each once, in the order in which they were recorded. Without `Last-Event-ID` and ' +
      '`after` it begins now. An `id` that comes without data is only a place to go on from.',
    tag: 'events',
    scope: 'events:read',
    query,
    example: EXAMPLE,
    start: async ({
      caller: { workspaceId },
      query: asked,
      lastEventId,
      bell,
      inWorkspace: within,
    }) => {
      const watching = parts.hub.watch(workspaceId, () => bell.ring());
      try {
        const from = lastEventId ?? asked.after;
        const position = await within('Finding a place in the events', (scope) =>
          placeOf(scope, from),
        );
        return sourceFrom(position, {
          types: asked.types,
          read: (after) =>
            parts.reads.read(`${workspaceId} ${watching.notices()} ${after}`, () =>
              inWorkspace(db, workspaceId, 'Reading events', (scope) =>
                eventsAfter(scope, after, PAGE),
              ),
            ),
          close: () => watching.stop(),
        });
      } catch (error) {
        watching.stop();
        throw error;
      }
    },
  });
}

interface Feed extends Pick<StreamSource, 'close'> {
  types: readonly string[] | undefined;
  read: (after: number) => ReturnType<typeof eventsAfter>;
}

function sourceFrom(start: number, { types, read, close }: Feed): StreamSource {
  let position = start;
  return {
    close,
    read: async () => {
      const rows = await read(position);
      position = rows.at(-1)?.position ?? position;
      const events = rows.filter(({ type }) => !types || wants(types, type)).map(shown);
      return { events, hasMore: rows.length === PAGE };
    },
    place: () => PLACE + position,
  };
}

/** Before a position that no event of the client's names: it has had none, or wanted none since. */
const PLACE = 'pos_';

/** @throws {Problem} `event-unknown` where something behind it may be missing. */
async function placeOf(scope: Scope, from: string | undefined): Promise<number> {
  if (from === undefined) return (await feedRange(scope)).newest;
  const [, digits] = /^pos_(\d{1,15})$/.exec(from) ?? [];
  if (digits === undefined) {
    const event = await findInFeed(scope, from);
    if (!event) throw new Problem('event-unknown');
    return event.position;
  }
  const position = Number(digits);
  const { oldest, newest } = await feedRange(scope);
  const firstKept = oldest ?? newest + 1;
  if (position > newest || position < firstKept - 1) throw new Problem('event-unknown');
  return position;
}
