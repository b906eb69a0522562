/** Tells those who wait in this process that something was written for their workspace. */
export interface DeliveryNews {
  /** @returns ends it */
  on: (workspaceId: string, look: () => void) => () => void;
  tell: (workspaceId: string) => void;
  /** What was told may have been lost. */
  tellAll: () => void;
}

export function createDeliveryNews(): DeliveryNews {
  const waiting = new Map<string, Set<() => void>>();
  const tellThem = (them: Iterable<() => void>): void => {
    for (const look of them) look();
  };
  return {
    on(workspaceId, look) {
      const them = waiting.get(workspaceId) ?? new Set();
      waiting.set(workspaceId, them.add(look));
      return () => {
        them.delete(look);
        if (them.size === 0 && waiting.get(workspaceId) === them) waiting.delete(workspaceId);
      };
    },
    tell: (workspaceId) => tellThem(waiting.get(workspaceId) ?? []),
    tellAll: () => [...waiting.values()].forEach(tellThem),
  };
}
