import type { Assistant } from '../workflows/assistant.ts';
import type { AsksFirst, Assistants } from './ports.ts';

export interface AssistantQuery {
  /** The number of ours that was called or calls. */
  number: string;
  /** Wins over the number. */
  assistantId?: string;
  /** Whose assistant it must be; left out for anybody's. */
  workspaceId?: string;
  /** The number of the other side: what was said with it before is read with the assistant. */
  customer?: string;
}

/** So many answers are remembered for the time when the database is away. */
const REMEMBERED = 1000;
/** A caller waits for this; the database usually answers within a few milliseconds. */
const PATIENCE_MS = 700;

/** Null: there is none. */
export type LoadedAssistant = Assistant | AsksFirst | null;

/**
 * Reads a call's assistant. With the database away, this process's last good answer serves, without
 * what was said in earlier calls, which is one caller's own, and with nobody to be asked: where, only the
 * database knows.
 * @throws when the database cannot be asked and nothing is remembered.
 */
export function createAssistantLoader(assistants: Assistants) {
  const lastGood = new Map<string, Assistant | null>();

  async function read(query: AssistantQuery): Promise<LoadedAssistant> {
    const found = await ask(assistants, query);
    const key = keyOf(query);
    lastGood.delete(key);
    const assistant = found && 'asks' in found ? found.otherwise : found;
    lastGood.set(key, assistant && withoutMemory(assistant));
    const oldest = lastGood.keys().next();
    if (lastGood.size > REMEMBERED && !oldest.done) lastGood.delete(oldest.value);
    return found;
  }

  return {
    /** Whether there is an answer in any case, within a second. */
    remembers: (query: AssistantQuery): boolean => lastGood.has(keyOf(query)),

    async loadAssistant(query: AssistantQuery): Promise<LoadedAssistant> {
      const reading = read(query);
      const remembered = lastGood.get(keyOf(query));
      if (remembered === undefined) return reading;
      // A database that hangs is as good as none; its late answer is remembered all the same.
      return withinPatience<LoadedAssistant>(reading, remembered);
    },
  };
}

async function ask(
  assistants: Assistants,
  { number, assistantId, workspaceId, customer }: AssistantQuery,
): Promise<LoadedAssistant> {
  const about = customer === undefined ? {} : { customer };
  const found =
    assistantId === undefined
      ? await assistants.findByNumber(number, about)
      : await assistants.findById(assistantId, {
          ...about,
          ...(workspaceId !== undefined && { workspaceId }),
        });
  // A call that one workspace places never speaks with the voice of another's.
  const owner = found && ('asks' in found ? found.asks.workspaceId : found.workspaceId);
  const isOthers = workspaceId !== undefined && owner !== workspaceId;
  return found && !isOthers ? found : null;
}

function keyOf({ number, assistantId, workspaceId = '' }: AssistantQuery): string {
  return `${workspaceId} ${assistantId ?? number}`;
}

function withoutMemory(assistant: Assistant): Assistant {
  const { memory: _, ...rest } = assistant;
  return rest;
}

/** What is to serve `otherwise`, when the database fails or does not answer in time. */
export async function withinPatience<T>(
  reading: Promise<T>,
  otherwise: T,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), patienceMs);
  });
  try {
    return await Promise.race([reading.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}
