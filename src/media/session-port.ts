/** What leads the conversation of one stream, as the process around it sees it. */
import type { SessionEnd, StreamBrief } from '../../workflows/stream-contract.ts';
import type { Log } from '../log.ts';
import type { Line, LineEvent } from './line.ts';

export interface SessionRequest {
  callId: string;
  /** Which stream of the call, from 1. */
  stream: number;
  brief: StreamBrief;
  line: Line;
  /**
   * Tells what comes over the line from now on, in order; nothing is told before, so nothing is lost
   * when this is called within `openSession`. One listener; after `ended` there is nothing more.
   * What it throws ends the stream.
   */
  listen(listener: (event: LineEvent) => void): void;
  /** Says already which call it is. */
  log: Log;
}

export interface Session {
  /** Why it is over; never rejects. The line is closed then, by the session or by whoever waits. */
  readonly ended: Promise<SessionEnd>;
  /** The call is over: stops talking and closes the line. Ends as `stopped`. */
  hangUp(): void;
  /**
   * This process is leaving: tells the workflow what it has to know and closes the line. Ends as
   * `moved`, within a few hundred milliseconds; as `lost` when not all of it has arrived by then.
   */
  move(): void;
}

/** Called once a stream was let in, never before. What it throws ends the stream as `refused`. */
export type OpenSession = (request: SessionRequest) => Session;
