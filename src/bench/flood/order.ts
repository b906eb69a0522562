/** What the process that plays strangers is told, and what it tells. */

/** What strangers do. The first ones hold connections, the others ask. */
export const HOLDING = ['idle', 'slow headers', 'slow bodies'] as const;
export const ASKING = ['huge bodies', 'deep JSON', 'bad keys', 'unsigned webhooks'] as const;
export type Holding = (typeof HOLDING)[number];
export type Asking = (typeof ASKING)[number];
export type StrangerKind = Holding | Asking;

export interface FloodOrder {
  port: number;
  /** An API key that somebody has: strangers may be customers. */
  key: string;
  /** Where they come from, of 127.0.0.2 and the following. */
  addresses: number;
  /** How many connections of each kind are held at any time. */
  held: Record<Holding, number>;
  /** Requests a second. */
  perSecond: Record<Asking, number>;
}

export interface StrangerFigures {
  /** Connections that were opened, or requests that were sent. */
  sent: number;
  /** Connections that were refused or reset before anything came. */
  refused: number;
  /** Of answers, by their status. */
  statuses: Record<string, number>;
  /** The longest time that the server kept a connection on which nothing useful came, in milliseconds. */
  longestMs: number;
}

export type FloodFigures = Record<StrangerKind, StrangerFigures>;
