/** Collects the evidence of a running instance for the history checker. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectEvidence, writeEvidence } from '../../../src/drill/index.ts';
import type { Evidence, ModelRequest, ProductLog, RunInfo } from '../../../src/drill/index.ts';
import type { Database } from '../../../src/db/pool.ts';
import type { Phone, Simulator } from '../../../src/simulator/index.ts';
import type { TemporalLink } from '../../../src/temporal/connection.ts';
import type { FakeOpenAi } from '../../fakes/fake-openai.ts';
import { CALLER, OUR_NUMBER } from './voca.ts';

export interface RunNotes {
  seed?: string;
  /** The command line that runs the test again. */
  again?: string;
  /** Only the calls of these phones. */
  phones?: readonly Phone[];
  /** The calls are over, but nobody waits the 15 s until they are closed. */
  mayStillClose?: boolean;
  kills?: RunInfo['kills'];
  temporalAway?: RunInfo['temporalAway'];
  endWithinMs?: number;
  /** Words that only a caller says. */
  words?: string[];
}

/** What evidence is taken from. */
export interface Subject {
  simulator: Simulator;
  model: FakeOpenAi;
  /** When the model's fake was started, in milliseconds since 1970. */
  modelStartedMs: number;
  link: TemporalLink;
  database: Database;
  callIdOf(phone: Phone): string;
  /** Everything that our processes and their servers have written. */
  logs(): ProductLog[];
}

export function collectFrom(
  subject: Subject,
  notes: RunNotes & { secrets: string[] },
): Promise<Evidence> {
  const { simulator, link, database } = subject;
  const { phones, kills = [], temporalAway, endWithinMs, words = [], secrets } = notes;
  const began = phones?.map(({ callSid }) => simulator.log.ofCall(callSid)[0]?.atMs ?? 0) ?? [];
  const beganMs = began.length === 0 ? 0 : Math.min(...began);
  return collectEvidence({
    client: link.client,
    database,
    truth: simulator.log.entries,
    model: modelRequests(subject).filter(({ atMs }) => atMs >= beganMs),
    logs: subject.logs(),
    run: {
      seed: notes.seed ?? 'none',
      commands: notes.again === undefined ? [] : [notes.again],
      accountSid: simulator.accountSid,
      canaries: { numbers: [CALLER, OUR_NUMBER], secrets, words },
      kills,
      ...(temporalAway && { temporalAway }),
      ...(endWithinMs !== undefined && { endWithinMs }),
    },
    ...(phones && {
      only: phones.map((phone) => ({ callId: subject.callIdOf(phone), callSid: phone.callSid })),
    }),
    // What is not settled by then is judged as it is, and the verdict says what is missing.
    ...(notes.mayStillClose === true && { mayStillClose: true, settleMs: 20_000 }),
  });
}

function modelRequests({ model, modelStartedMs }: Subject): ModelRequest[] {
  return model.completions().map(({ atMs, body, abortedAtMs }) => {
    const { messages = [] } = (body ?? {}) as { messages?: { role: string; content: string }[] };
    return {
      atMs: modelStartedMs + Math.round(atMs),
      lastUser: messages.findLast(({ role }) => role === 'user')?.content ?? '',
      outcome: abortedAtMs === undefined ? ('answered' as const) : ('aborted' as const),
    };
  });
}

/** Keeps evidence for a closer look. @returns the folder */
export function keep(evidence: Evidence): string {
  const folder = mkdtempSync(join(tmpdir(), 'voca-evidence-'));
  writeEvidence(folder, evidence);
  return folder;
}
