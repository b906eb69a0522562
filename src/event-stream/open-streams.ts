/** The streams that a process has open: how many there may be, and whose key still allows its own. */

export interface StreamHolder {
  workspaceId: string;
  keyId: string;
  /** The right that the stream needs. */
  scope: string;
  /** When the key stops working by itself, in milliseconds since 1970. */
  expiresAtMs?: number;
}

export interface OpenStreamsOptions {
  /** The rights of those of these keys that work. */
  rightsOf: (keyIds: readonly string[]) => Promise<Map<string, readonly string[]>>;
  perWorkspace?: number;
  inAll?: number;
  /** How often keys are looked at while streams are open, in milliseconds. */
  checkMs?: number;
  /** Told how many there are. */
  onCount?: (count: number) => void;
}

interface Open extends StreamHolder {
  end: () => void;
}

const PER_WORKSPACE = 100;
const IN_ALL = 2_000;
/** A revoked key is dead within 5 s everywhere. */
const CHECK_MS = 3_000;

export class OpenStreams {
  readonly #options: OpenStreamsOptions;
  readonly #open = new Set<Open>();
  readonly #byWorkspace = new Map<string, number>();
  #checking: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: OpenStreamsOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get size(): number {
    return this.#open.size;
  }

  hasRoom(workspaceId: string): boolean {
    const { perWorkspace = PER_WORKSPACE, inAll = IN_ALL } = this.#options;
    return this.#open.size < inAll && (this.#byWorkspace.get(workspaceId) ?? 0) < perWorkspace;
  }

  /** @param end ends the stream; never throws @returns to be called when it has ended */
  add(holder: StreamHolder, end: () => void): () => void {
    const stream = { ...holder, end };
    this.#open.add(stream);
    this.#count(holder.workspaceId, 1);
    this.#checking ??= setInterval(() => void this.#check(), this.#checkMs).unref();
    return () => {
      if (!this.#open.delete(stream)) return;
      this.#count(holder.workspaceId, -1);
      if (this.#open.size > 0) return;
      clearInterval(this.#checking);
      this.#checking = undefined;
    };
  }

  /** Ends all of them, and lets no more begin. */
  close(): void {
    this.#isClosed = true;
    for (const { end } of this.#open) end();
  }

  get #checkMs(): number {
    return this.#options.checkMs ?? CHECK_MS;
  }

  #count(workspaceId: string, change: number): void {
    const count = (this.#byWorkspace.get(workspaceId) ?? 0) + change;
    if (count > 0) this.#byWorkspace.set(workspaceId, count);
    else this.#byWorkspace.delete(workspaceId);
    this.#options.onCount?.(this.#open.size);
  }

  /** One question for all of them. */
  async #check(): Promise<void> {
    const now = Date.now();
    for (const { expiresAtMs = Infinity, end } of this.#open) if (expiresAtMs <= now) end();
    const keyIds = [...new Set([...this.#open].map(({ keyId }) => keyId))];
    if (keyIds.length === 0) return;
    // While nobody can say, they go on.
    const rights = await this.#options.rightsOf(keyIds).catch(() => undefined);
    if (!rights) return;
    for (const { keyId, scope, end } of this.#open) {
      const held = keyIds.includes(keyId) ? (rights.get(keyId) ?? []) : [scope];
      if (!held.includes(scope) && !held.includes('admin')) end();
    }
  }
}
