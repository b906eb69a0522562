/** What the truth log is told of one media stream. */
import type { CallState } from '../call-state.ts';
import type { StreamEnd, StreamMeasures } from '../truth-events.ts';
import type { TruthLog } from '../truth-log.ts';

export interface StreamNotesParts {
  call: CallState;
  log: TruthLog;
  streamSid: string;
  url: string;
}

export interface StreamStateNote {
  state: 'started' | 'over';
  parameters?: Readonly<Record<string, string>>;
  by?: StreamEnd;
  closeCode?: number;
  measures?: StreamMeasures;
}

export class StreamNotes {
  readonly #parts: StreamNotesParts;

  constructor({ call, log, streamSid, url }: StreamNotesParts) {
    this.#parts = { call, log, streamSid, url };
  }

  state(note: StreamStateNote): void {
    const { call, log, streamSid, url } = this.#parts;
    log.append({ kind: 'stream', callSid: call.sid, streamSid, url, ...note });
  }

  /** @param code one of Twilio's, of 5 digits */
  error(code: number, message: string): void {
    const { call, log, url } = this.#parts;
    log.append({ kind: 'error', callSid: call.sid, level: 'error', code, message, url });
  }

  /** Something goes wrong on purpose. */
  fault(fault: string, detail?: string): void {
    const { call, log } = this.#parts;
    const more = detail === undefined ? {} : { detail };
    log.append({ kind: 'fault', callSid: call.sid, fault, ...more });
  }
}
