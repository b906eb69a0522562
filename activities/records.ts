import type { RecordBatch } from '../workflows/events.ts';
import { beating } from './heartbeat.ts';
import type { CallRecords } from './ports.ts';

/** Keeps what happened. */
export function createRecorder(records: CallRecords) {
  return {
    /** A batch that comes twice changes nothing. */
    async record(batch: RecordBatch): Promise<void> {
      await beating(() => records.record(batch));
    },
  };
}
