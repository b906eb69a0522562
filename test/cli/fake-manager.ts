/** The command line in front of a call manager that answers from a script. */
import type { ActiveCall, HangUpResult } from '../../src/call-manager.ts';
import { runCli } from '../../src/cli/program.ts';
import type { CliManager, ManagerUse } from '../../src/cli/program.ts';
import type { CallSnapshot } from '../../workflows/contract.ts';

export const CALL_ID = `call_${'0V'.repeat(13)}`;
export const OTHER_ID = `call_${'0W'.repeat(13)}`;

export const SNAPSHOT: CallSnapshot = {
  callId: CALL_ID,
  callSid: 'CA22222222222222222222222222222222',
  direction: 'outbound',
  from: '+15005550001',
  to: '+15005550006',
  status: 'listening',
  dial: 'accepted',
  greeting: 'Hello.',
  turns: [],
  startedAt: '2026-09-01T10:00:00.000Z',
};

export class FakeManager implements CliManager {
  /** Method and arguments, in order. */
  readonly asked: unknown[][] = [];
  call: CallSnapshot | undefined = SNAPSHOT;
  active: ActiveCall[] = [];
  results: HangUpResult['result'][] = [];
  failure: Error | undefined;

  makeCall = async (to: string, options: { assistantId?: string } = {}) => {
    this.#ask('makeCall', to, options);
    return this.call ?? SNAPSHOT;
  };

  listActive = async () => {
    this.#ask('listActive');
    return this.active;
  };

  getCallStatus = async (callId: string) => {
    this.#ask('getCallStatus', callId);
    return this.call;
  };

  hangupCalls = async (callIds: string[], message = '') => {
    this.#ask('hangupCalls', callIds, message);
    return callIds.map((callId) => ({
      callId,
      result: this.results.shift() ?? ('ended' as const),
    }));
  };

  hangupAllCalls = async (message = '') => {
    this.#ask('hangupAllCalls', message);
    return this.results.map((result, i) => ({ callId: i === 0 ? CALL_ID : OTHER_ID, result }));
  };

  #ask(...asked: unknown[]): void {
    this.asked.push(asked);
    if (this.failure) throw this.failure;
  }
}

const NO_ACCOUNTS = {
  accounts: () => {
    throw new Error('no database is here');
  },
};

/** For tests of commands that erase nothing, let nobody in and reach no database. */
export const NO_SEALING = {
  erase: () => Promise.reject(new Error('nothing is erased here')),
  operatorAccess: () => {
    throw new Error('nobody is let in here');
  },
  ...NO_ACCOUNTS,
};

/** For tests of commands that ask no API, and no database. */
export const NO_API = {
  api: () => Promise.reject(new Error('no API is here')),
  input: () => Promise.reject(new Error('nothing is read here')),
  isTerminal: false,
  ...NO_ACCOUNTS,
};

/** Runs one command line. `connected` counts how often a connection was asked for. */
export async function run(args: string[], manager = new FakeManager(), connectFails?: Error) {
  const out: string[] = [];
  const err: string[] = [];
  const uses: ManagerUse[] = [];
  let connected = 0;
  const code = await runCli(args, {
    out: (text) => void out.push(text),
    error: (text) => void err.push(text),
    manager: async (use) => {
      connected++;
      uses.push(use);
      if (connectFails) throw connectFails;
      return manager;
    },
    operations: async () => {
      throw new Error('no operator is here');
    },
    ...NO_SEALING,
    ...NO_API,
  });
  return { code, out: out.join('\n'), err: err.join('\n'), connected, uses, asked: manager.asked };
}
