/** Remembers for a moment who has a key, so that signing in costs no question to the database. */
import type { KeyFace } from '../../../api-key.ts';
import type { Caller, FindCaller } from './caller.ts';

export interface KnownCallersOptions {
  /** How long an answer is believed, in milliseconds: a revoked key works no longer than this. */
  believeMs?: number;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
}

interface Known {
  until: number;
  caller: Promise<Caller | undefined>;
}

const BELIEVE_MS = 3000;
/** Bad keys are remembered too, so that a flood of one is no flood of questions. */
const REMEMBERED = 10_000;

export function knownCallers(find: FindCaller, options: KnownCallersOptions = {}): FindCaller {
  const { believeMs = BELIEVE_MS, now = () => performance.now() } = options;
  const known = new Map<string, Known>();
  return (face: KeyFace) => {
    const name = face.hash.toString('base64');
    const remembered = known.get(name);
    if (remembered && remembered.until > now()) return remembered.caller.then(notExpired);
    const caller = find(face);
    known.delete(name);
    known.set(name, { until: now() + believeMs, caller });
    // What could not be found out is asked again.
    caller.catch(() => known.delete(name));
    const oldest = known.keys().next();
    if (known.size > REMEMBERED && !oldest.done) known.delete(oldest.value);
    return caller;
  };
}

/** Its time may have come since it was asked. */
function notExpired(caller: Caller | undefined): Caller | undefined {
  return (caller?.expiresAtMs ?? Infinity) > Date.now() ? caller : undefined;
}
