import type { Assistant } from '../workflows/assistant.ts';
import type { Assistants } from './ports.ts';

export interface AssistantQuery {
  /** The number of ours that was called or calls. */
  number: string;
  /** Wins over the number. */
  assistantId?: string;
}

/** So many answers are remembered for the time when the database is away. */
const REMEMBERED = 1000;

/**
 * Reads a call's assistant. With the database away, this process's last good answer serves.
 * @throws when the database cannot be asked and nothing is remembered.
 */
export function createAssistantLoader(assistants: Assistants) {
  const lastGood = new Map<string, Assistant | null>();

  async function read({ number, assistantId }: AssistantQuery): Promise<Assistant | null> {
    const found =
      assistantId === undefined
        ? await assistants.findByNumber(number)
        : await assistants.findById(assistantId);
    return found ?? null;
  }

  return {
    async loadAssistant(query: AssistantQuery): Promise<Assistant | null> {
      const key = query.assistantId ?? query.number;
      try {
        const found = await read(query);
        lastGood.delete(key);
        lastGood.set(key, found);
        const oldest = lastGood.keys().next();
        if (lastGood.size > REMEMBERED && !oldest.done) lastGood.delete(oldest.value);
        return found;
      } catch (error) {
        const remembered = lastGood.get(key);
        if (remembered === undefined) throw error;
        return remembered;
      }
    },
  };
}
