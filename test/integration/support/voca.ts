/**
 * VOCA in one process against the shared real Temporal: the real app on a real port, a real worker,
 * the simulated Twilio in front. The model, the assistant and the record are scripted, so that a
 * test says what happens and sees what came of it.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Worker } from '@temporalio/worker';
import type { FastifyInstance } from 'fastify';
import type {
  AssistantRequests,
  Assistants,
  CallRecords,
  CallSoFar,
  Reply,
} from '../../../activities/ports.ts';
import type { Assistant } from '../../../workflows/assistant.ts';
import type { Heard } from '../../../workflows/contract.ts';
import type { CallEvent } from '../../../workflows/events.ts';
import { createActivities } from '../../../activities/index.ts';
import { findAssistantsAhead } from '../../../src/assistant-ahead.ts';
import { CallGateway } from '../../../src/call-gateway.ts';
import { CallManager } from '../../../src/call-manager.ts';
import { buildApp } from '../../../src/http/app.ts';
import { inboundCallId } from '../../../src/ids.ts';
import { createLogger } from '../../../src/log.ts';
import { demoAssistant } from '../../../src/orchestrator/index.ts';
import type { Phone } from '../../../src/simulator/phone.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/simulator.ts';
import type { WebhookAnswer } from '../../../src/simulator/webhook-tap.ts';
import { createStreamTokens } from '../../../src/stream-token.ts';
import { linkToTemporal } from '../../../src/temporal/connection.ts';
import type { TemporalLink } from '../../../src/temporal/connection.ts';
import { createCarrier } from '../../../src/twilio/rest.ts';
import { createUrls } from '../../../src/twilio/urls.ts';
import type { TwilioUrls } from '../../../src/twilio/urls.ts';
import { createCallWorker } from '../../../src/worker.ts';
import { stack } from '../stack.ts';

export const OUR_NUMBER = '+15005550006';
export const CALLER = '+14155550123';

export type Think = (call: CallSoFar, heard: Heard, signal?: AbortSignal) => Promise<Reply>;

export interface VocaOptions {
  /** The mind; by default it repeats what it heard. */
  think?: Think;
  /** Sums up a long call, or one that is over; by default it tells how much it was given. */
  summarize?: (call: CallSoFar, isOver: boolean) => Promise<string>;
  assistant?: Partial<Assistant>;
  assistants?: Assistants;
  /** False: the gateway reads no assistants, as while the api cannot reach the database. */
  readsAhead?: boolean;
  /** By default nobody is to be asked. */
  assistantRequests?: AssistantRequests;
  records?: CallRecords;
  simulator?: Partial<SimulatorOptions>;
  /** False starts without a worker. */
  worker?: boolean;
  /** Where the worker finds Twilio's REST API; the simulator's own address by default. */
  carrierBaseUrl?: (simulatorUrl: string) => string;
  /** Where the gateway finds Temporal; a port where nobody listens is "no Temporal". */
  gatewayAddress?: string;
  /** As `VOCA_SECRET_KEY`; nothing is sealed without. */
  secretKeys?: readonly string[];
}

export interface Voca {
  simulator: Simulator;
  manager: CallManager;
  managerFrom(fromNumber: string): CallManager;
  link: TemporalLink;
  urls: TwilioUrls;
  baseUrl: string;
  authToken: string;
  /** What the model was asked, in order. */
  asked: { callId: string; heard: Heard }[];
  /** What was recorded, in order of arrival. */
  events(callId: string): CallEvent[];
  callIdOf(callSid: string): string;
  dial(): Phone;
  /** Sends a request that Twilio signs, with the fields of a phone's call and these. */
  ask(phone: Phone, url: string, fields?: Record<string, string>): Promise<WebhookAnswer>;
  fieldsOf(phone: Phone): Record<string, string>;
  /** @param workflows the bundle of another version; left out: of this one */
  startWorker(workflows?: string): Promise<void>;
  stopWorker(): Promise<void>;
  /** Starts the gateway and the worker anew with other keys; `link` and `manager` keep theirs. */
  rekey(secretKeys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export const echo: Think = async (_call, heard) => ({
  text: heard.kind === 'speech' ? `You said: ${heard.text}` : 'You pressed keys.',
  end: false,
  model: 'echo',
});

export async function startVoca(options: VocaOptions = {}): Promise<Voca> {
  quietRuntime();
  const { temporalAddress: address, namespace, workflowBundlePath: bundlePath } = stack();
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const authToken = randomBytes(16).toString('hex');
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const tokens = createStreamTokens({ secretKeys: [], authToken });
  const urls = createUrls(baseUrl, { token: (grant) => tokens.make(grant) });
  const simulator = await startSimulator({
    authToken,
    msPerCharacter: 0,
    fastForward: true,
    numbers: [
      {
        phoneNumber: OUR_NUMBER,
        voiceUrl: urls.voice(),
        voiceFallbackUrl: urls.fallback(),
        statusCallback: urls.status(),
      },
    ],
    ...options.simulator,
  });
  const log = createLogger({ level: 'silent', role: 'test' });
  let secretKeys = options.secretKeys ?? [];
  const linkGateway = () =>
    linkToTemporal({ address: options.gatewayAddress ?? address, namespace, secretKeys });
  const assistant: Assistant = {
    id: 'asst_test',
    version: 1,
    ...demoAssistant,
    ...options.assistant,
  };
  const assistants = options.assistants ?? {
    findById: async () => assistant,
    findByNumber: async () => assistant,
  };
  const findAhead = findAssistantsAhead(assistants);
  const openGateway = () =>
    new CallGateway(gatewayLink.client, {
      taskQueue,
      ...(options.readsAhead !== false && { findAhead }),
    });
  let gatewayLink = linkGateway();
  let gateway = openGateway();
  const link = linkToTemporal({ address, namespace, secretKeys });
  const app: FastifyInstance = buildApp({
    gateway: {
      begin: (...asked) => gateway.begin(...asked),
      hear: (...asked) => gateway.hear(...asked),
      waitFor: (...asked) => gateway.waitFor(...asked),
      resume: (...asked) => gateway.resume(...asked),
      reconnect: (...asked) => gateway.reconnect(...asked),
      status: (...asked) => gateway.status(...asked),
    },
    account: { authToken, webhookUrl: baseUrl },
    urls,
    readiness: async () => [],
    log,
  });
  await app.listen({ host: '127.0.0.1', port });
  const connection = await NativeConnection.connect({ address });

  const asked: Voca['asked'] = [];
  const recorded = new Map<string, CallEvent[]>();
  const think = options.think ?? echo;
  const deps = {
    orchestrator: {
      ready: async () => undefined,
      generateReply: (call: CallSoFar, heard: Heard, { signal }: { signal?: AbortSignal }) => {
        asked.push({ callId: call.callId, heard });
        return think(call, heard, signal);
      },
      summarize: async (call: CallSoFar, { isOver = false }: { isOver?: boolean }) => ({
        text: (await options.summarize?.(call, isOver)) ?? `${call.utterances.length} lines before`,
        model: 'echo',
      }),
    },
    carrier: createCarrier({
      accountSid: simulator.accountSid,
      authToken,
      baseUrl: options.carrierBaseUrl?.(simulator.baseUrl) ?? simulator.baseUrl,
      urls,
      timeoutMs: 3000,
    }),
    assistants,
    assistantRequests: options.assistantRequests ?? { ask: async () => undefined },
    records: options.records ?? {
      record: async ({ callId, events }: { callId: string; events: CallEvent[] }) => {
        const seen = recorded.get(callId) ?? [];
        const fresh = events.filter(
          (each) => !seen.some(({ sequence }) => sequence === each.sequence),
        );
        recorded.set(callId, [...seen, ...fresh]);
      },
    },
  };

  let running: { worker: Worker; finished: Promise<void> } | undefined;
  const startWorker = async (workflows = bundlePath) => {
    const worker = await createCallWorker({
      connection,
      namespace,
      bundlePath: workflows,
      secretKeys,
      activities: createActivities(deps),
      taskQueue,
    });
    running = { worker, finished: worker.run() };
  };
  const stopWorker = async () => {
    const was = running;
    running = undefined;
    was?.worker.shutdown();
    await was?.finished;
  };
  if (options.worker !== false) await startWorker();
  const rekey = async (keys: readonly string[]) => {
    secretKeys = keys;
    await stopWorker();
    await gatewayLink.close();
    gatewayLink = linkGateway();
    gateway = openGateway();
    await startWorker();
  };

  const fieldsOf = (phone: Phone): Record<string, string> => ({
    AccountSid: simulator.accountSid,
    ApiVersion: '2010-04-01',
    CallSid: phone.callSid,
    CallStatus: 'in-progress',
    Direction: phone.direction === 'inbound' ? 'inbound' : 'outbound-api',
    From: phone.from,
    To: phone.to,
  });
  const managerFrom = (fromNumber: string) =>
    new CallManager({
      client: link.client,
      accountSid: simulator.accountSid,
      fromNumber,
      taskQueue,
    });
  return {
    simulator,
    manager: managerFrom(OUR_NUMBER),
    managerFrom,
    link,
    urls,
    baseUrl,
    authToken,
    asked,
    events: (callId) => recorded.get(callId) ?? [],
    callIdOf: (callSid) => inboundCallId(simulator.accountSid, callSid),
    dial: () => simulator.dial({ from: CALLER, to: OUR_NUMBER }),
    ask: (phone, url, fields = {}) =>
      simulator.forge({ url, fields: Object.entries({ ...fieldsOf(phone), ...fields }) }),
    fieldsOf,
    startWorker,
    stopWorker,
    rekey,
    close: async () => {
      await simulator.close();
      await app.close();
      await stopWorker();
      await terminateOpen(link, taskQueue);
      await Promise.all([connection.close(), link.close(), gatewayLink.close()]);
    },
  };
}

/** Calls that a test has left open would show up in the lists of the next file. */
async function terminateOpen({ client }: TemporalLink, taskQueue: string): Promise<void> {
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    await client.workflow.getHandle(workflowId).terminate('the test is over');
  }
}

let isQuiet = false;

/** Temporal's own lines would drown the test's; what is wrong shows in what happens. */
export function quietRuntime(): void {
  if (isQuiet) return;
  isQuiet = true;
  const silent = () => undefined;
  try {
    Runtime.install({
      logger: {
        log: silent,
        trace: silent,
        debug: silent,
        info: silent,
        warn: silent,
        error: silent,
      },
      shutdownSignals: [],
    });
  } catch {
    // Another test file of this process has installed it.
  }
}

/**
 * A port that nobody listens on. Not one that the system would choose: those it also gives to whoever
 * connects somewhere or listens on any, before the process that it is meant for has started.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

/** Below the ports that Linux and macOS choose. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
