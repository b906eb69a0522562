/** Remembers the limits of workspaces for a while: they change seldom, and every request asks. */
import { limitsOf, USUAL_LIMITS } from '../../../request-limits.ts';
import type { Limits } from '../../../request-limits.ts';
import type { FindLimits } from './rate-limit.ts';

interface Known {
  until: number;
  limits: Promise<Limits>;
}

const BELIEVE_MS = 15_000;
/** While they cannot be looked up, the last ones hold. */
const RETRY_MS = 2_000;
const REMEMBERED = 10_000;

/** @param find what the workspace keeps, as nobody has checked it */
export function knownLimits(
  find: (workspaceId: string) => Promise<unknown>,
  now: () => number = () => performance.now(),
): FindLimits {
  const known = new Map<string, Known>();
  return (workspaceId) => {
    const last = known.get(workspaceId);
    if (last && last.until > now()) return last.limits;
    const entry: Known = {
      until: now() + BELIEVE_MS,
      limits: find(workspaceId).then(limitsOf, () => {
        entry.until = now() + RETRY_MS;
        return last?.limits ?? USUAL_LIMITS;
      }),
    };
    known.delete(workspaceId);
    known.set(workspaceId, entry);
    const oldest = known.keys().next();
    if (known.size > REMEMBERED && !oldest.done) known.delete(oldest.value);
    return entry.limits;
  };
}
