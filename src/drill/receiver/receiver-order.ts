/** What the process of a receiver is told, over its IPC channel. */

/** How it answers. `closed`: nobody listens, connections are refused. */
export type ReceiverMode =
  | { do: 'answer'; status: number; /** So late, in milliseconds. */ afterMs?: number }
  | { do: 'hang' }
  | { do: 'closed' };

export const OK: ReceiverMode = { do: 'answer', status: 200 };

/** The secrets that sign for each path, `/endpoint` → `whsec_…`. */
export type Secrets = Readonly<Record<string, readonly string[]>>;

/** Answered with the number when it is done. */
export type ReceiverOrder = { number: number } & (
  | { do: 'start'; port: number; logFile: string; secrets: Secrets; mode: ReceiverMode }
  | { do: 'mode'; mode: ReceiverMode }
  | { do: 'secrets'; secrets: Secrets }
);
