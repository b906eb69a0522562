/**
 * Wakes those of a process who follow the events of a workspace, when there are new ones. One
 * connection listens for all of them, and all share one slow look in case a notice was lost: who waits
 * costs no question.
 */
import { listen } from '../db/listener.ts';
import type { Listener, ListenerOptions } from '../db/listener.ts';
import { EVENTS_CHANNEL } from '../db/outbox.ts';

export interface EventHubOptions {
  connection: Pick<ListenerOptions, 'url' | 'applicationName' | 'onLost'>;
  /** The newest position of each of these workspaces. */
  newest: (workspaceIds: readonly string[]) => Promise<Map<string, number>>;
  /** Between two slow looks, in milliseconds. */
  lookMs?: number;
  /** How long it listens on after the last one has gone, in milliseconds. */
  lingerMs?: number;
}

export interface Watching {
  /** Rises with each notice: a read that began since the last one sees what it was about. */
  notices(): number;
  stop(): void;
}

interface Watched {
  wakes: Set<() => void>;
  notices: number;
  /** As the last look found it. */
  newest?: number;
}

const LOOK_MS = 15_000;
const LINGER_MS = 30_000;

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #watched = new Map<string, Watched>();
  #listening: { listener: Listener; looking: NodeJS.Timeout } | undefined;
  #lingering: NodeJS.Timeout | undefined;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  /** @param wake there may be something new; never throws */
  watch(workspaceId: string, wake: () => void): Watching {
    const watched = this.#watched.get(workspaceId) ?? { wakes: new Set(), notices: 0 };
    this.#watched.set(workspaceId, watched);
    watched.wakes.add(wake);
    this.#open();
    return {
      notices: () => watched.notices,
      stop: () => {
        if (!watched.wakes.delete(wake) || watched.wakes.size > 0) return;
        this.#watched.delete(workspaceId);
        if (this.#watched.size === 0) this.#closeLater();
      },
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.#lingering);
    const listening = this.#listening;
    this.#listening = undefined;
    clearInterval(listening?.looking);
    await listening?.listener.close();
  }

  #open(): void {
    clearTimeout(this.#lingering);
    if (this.#listening) return;
    const { connection, lookMs = LOOK_MS } = this.#options;
    this.#listening = {
      listener: listen({
        ...connection,
        channels: [EVENTS_CHANNEL],
        onNotice: (workspaceId) => this.#wake(this.#watched.get(workspaceId)),
        onListening: () => void this.#look(),
      }),
      looking: setInterval(() => void this.#look(), lookMs).unref(),
    };
  }

  #closeLater(): void {
    const { lingerMs = LINGER_MS } = this.#options;
    this.#lingering = setTimeout(() => void this.close(), lingerMs).unref();
  }

  #wake(watched: Watched | undefined): void {
    if (!watched) return;
    watched.notices += 1;
    for (const wake of watched.wakes) wake();
  }

  /** Wakes those of workspaces that have moved since the look before. */
  async #look(): Promise<void> {
    const workspaceIds = [...this.#watched.keys()];
    if (workspaceIds.length === 0) return;
    const found = await this.#options.newest(workspaceIds).catch(() => undefined);
    for (const workspaceId of workspaceIds) {
      const watched = this.#watched.get(workspaceId);
      if (!watched) continue;
      const newest = found && (found.get(workspaceId) ?? 0);
      const hasMoved = newest === undefined || newest !== watched.newest;
      if (newest !== undefined) watched.newest = newest;
      if (hasMoved) this.#wake(watched);
    }
  }
}
