/** The `voca` command. */
import { accountsHere } from '../accounts-here.ts';
import { CallManager } from '../call-manager.ts';
import { loadConfig, readEnvironment } from '../config.ts';
import type { CliConfig, Environment } from '../config.ts';
import { eraseHere } from '../erase-here.ts';
import { Operations } from '../operations.ts';
import { operatorAccess } from '../operator-access.ts';
import { linkByConfig } from '../temporal/configured-link.ts';
import type { TemporalLink } from '../temporal/connection.ts';
import { apiAccess } from './api-access.ts';
import { ApiClient } from './api-client.ts';
import { readInput } from './input.ts';
import { runCli } from './program.ts';
import type { ManagerUse } from './program.ts';
import { checkSealing, findTarget } from './target.ts';
import type { Target } from './target.ts';

let link: TemporalLink | undefined;
let client: ApiClient | undefined;

function configured(): [CliConfig, Environment] {
  const env = readEnvironment();
  return [loadConfig(env, { role: 'cli' }), env];
}

const complain = (text: string) => void process.stderr.write(`${text}\n`);

/** @param writes whether numbers or words will be written */
async function connect(
  writes: boolean,
): Promise<{ target: Target; config: CliConfig; link: TemporalLink }> {
  const [config, env] = configured();
  const target = findTarget(config, env);
  const warning = writes ? checkSealing(target, config, env) : undefined;
  if (warning !== undefined) complain(warning);
  link = linkByConfig(config, target.address);
  return { target, config, link };
}

async function callManager(use: ManagerUse): Promise<CallManager> {
  const { target, link } = await connect(use === 'write');
  const { accountSid, fromNumber } = target;
  return new CallManager({ client: link.client, accountSid, fromNumber });
}

async function operations(): Promise<Operations> {
  const { config, link } = await connect(false);
  const { reconcileMs } = config.workers;
  return new Operations({ client: link.client, ...(reconcileMs !== undefined && { reconcileMs }) });
}

async function api(): Promise<ApiClient> {
  const { warning, ...access } = apiAccess(...configured());
  if (warning !== undefined) complain(warning);
  client ??= new ApiClient({ ...access, onWait: complain });
  return client;
}

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: complain,
  api,
  accounts: () => accountsHere(...configured()),
  input: readInput,
  isTerminal: Boolean(process.stdout.isTTY),
  manager: callManager,
  operations,
  erase: (callId) => eraseHere(...configured(), callId),
  operatorAccess: (url) => operatorAccess(...configured(), url),
});
await Promise.all([link?.close(), client?.close()]);
