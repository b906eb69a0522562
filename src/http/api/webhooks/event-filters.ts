/** Which events an endpoint may ask for. */
import { EVENT_TYPES } from '../events/catalogue.ts';
import { invalid } from '../frame/problems.ts';

/** @throws {Problem} for one that means no event that there is: it would never be sent anything. */
export function checkFilters(filters: readonly string[]): void {
  const unknown = filters.findIndex((filter) => !isKnown(filter));
  if (unknown === -1) return;
  const message = 'There is no event of this type; `*` and, such as in `call.*`, what begins alike';
  throw invalid(`/events/${unknown}`, 'unknown-event', message);
}

function isKnown(filter: string): boolean {
  if (filter === '*') return true;
  if (!filter.endsWith('.*')) return EVENT_TYPES.some((type) => type === filter);
  return EVENT_TYPES.some((type) => type.startsWith(filter.slice(0, -1)));
}
