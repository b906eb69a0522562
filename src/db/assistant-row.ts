/** A row of an assistant in the words of the product. */
import type { Assistant } from '../../workflows/assistant.ts';
import { checkedConfig } from './assistant-config.ts';
import type { Position } from './page.ts';

/** An assistant that is about to be saved; saving numbers it. */
export type AssistantDraft = Omit<Assistant, 'id' | 'version' | 'workspaceId' | 'memory'>;

export interface StoredAssistant extends Position {
  assistant: Assistant;
  /** RFC 3339. */
  updatedAt: string;
}

export interface AssistantRow {
  id: string;
  workspace_id: string;
  version: number;
  name: string;
  config: unknown;
}

/** @throws {DatabaseError} when somebody edited it by hand into something that cannot run. */
export function assistantOf(row: AssistantRow): Assistant {
  const { id, workspace_id, version, name, config } = row;
  return { id, version, name, workspaceId: workspace_id, ...checkedConfig(config) };
}

export function present(
  row: AssistantRow & { created_at: Date; updated_at: Date },
): StoredAssistant {
  return {
    id: row.id,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    assistant: assistantOf(row),
  };
}
