/** Answering machine detection: who answered, and after how long that is known. */
export interface MachineDetection {
  mode: 'Enable' | 'DetectMessageEnd';
  async: boolean;
  /** Where an asynchronous verdict goes. */
  callback?: { url: string; method: 'GET' | 'POST' } | undefined;
}

const HUMAN_MS = 1_200;
const MACHINE_START_MS = 2_400;
const GREETING_MS = 6_000;

/** What Twilio would say of it; times are call time. */
export function machineVerdict(
  as: 'human' | 'machine' | 'fax' | 'unknown',
  mode: 'Enable' | 'DetectMessageEnd',
): { answeredBy: string; afterMs: number } {
  if (as !== 'machine') return { answeredBy: as, afterMs: HUMAN_MS };
  return mode === 'Enable'
    ? { answeredBy: 'machine_start', afterMs: MACHINE_START_MS }
    : { answeredBy: 'machine_end_beep', afterMs: MACHINE_START_MS + GREETING_MS };
}
