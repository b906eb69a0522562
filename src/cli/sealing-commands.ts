/** The commands that have to do with what is stored of calls: `voca erase`, `voca operator-link`. */
import type { Command } from 'commander';
import type { EraseResult } from '../erase-call.ts';
import type { OperatorAccess } from '../operator-access.ts';

export interface SealingIo {
  out(text: string): void;
  error(text: string): void;
  /** Erases a call that is over. */
  erase(callId: string): Promise<EraseResult>;
  /** @param url how the operator's browser reaches the api */
  operatorAccess(url: string | undefined): OperatorAccess;
}

/** @param fail sets the exit code to that of a failure */
export function addSealing(program: Command, io: SealingIo, fail: () => void): void {
  program
    .command('erase')
    .description(
      'erase a call that is over from Temporal and the database, for good; takes half a minute',
    )
    .argument('<call>', 'its id, such as call_0V…')
    .option('--json', 'for programs')
    .action(async (callId: string, options: { json?: boolean }) => {
      const erased = await io.erase(callId);
      const text = textOf(erased);
      if (options.json) io.out(JSON.stringify(erased, null, 2));
      else if (erased.result === 'erased') io.out(text);
      else io.error(text);
      if (erased.result !== 'erased') fail();
    });

  program
    .command('operator-link')
    .description('make a link on which an operator signs in, to read calls in the Temporal Web UI')
    .option('--url <base>', 'how his browser reaches the api, such as https://voice.example.com')
    .option(
      '--token',
      'a token for programs instead, for `Authorization: Bearer`, good for 15 minutes',
    )
    .action((options: { url?: string; token?: boolean }) => {
      const access = io.operatorAccess(options.url);
      if (options.token) return io.out(access.token);
      return io.out(
        `${access.link}\n\nGood for ${access.linkMinutes} minutes. ` +
          'Whoever opens it can read what callers said.\n' +
          `In the Temporal Web UI, the codec server is ${access.codecEndpoint}, with credentials.`,
      );
    });
}

function textOf({ callId, result }: EraseResult): string {
  switch (result) {
    case 'erased':
      return `${callId} is erased.`;
    case 'open':
      return `The call is not over. End it first: voca hangup ${callId}`;
    case 'unknown':
      return 'There is no such call, or not any more.';
  }
}
