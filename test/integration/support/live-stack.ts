/**
 * Calls over streams as an operator has them: an api, a worker and a media worker as processes of their
 * own, a real Temporal and PostgreSQL, the simulated Twilio, and vendors of models and speech that
 * misbehave on request. Assistants and numbers are made over the API.
 */
import { startFakeDeepgramStt } from '../../fakes/fake-deepgram-stt.ts';
import type { FakeDeepgramStt } from '../../fakes/fake-deepgram-stt.ts';
import type { ChatRequest } from '../../fakes/fake-openai.ts';
import { startFakeVoices } from '../../fakes/fake-voices.ts';
import type { FakeVoices } from '../../fakes/fake-voices.ts';
import type { Phone, SimulatorOptions } from '../../../src/simulator/index.ts';
import { runsOf } from '../../../src/temporal/call-runs.ts';
import { createUrls } from '../../../src/twilio/urls.ts';
import { ApiOfRoles } from './api-of-roles.ts';
import type { Client } from './api-of-roles.ts';
import { eventually } from './eventually.ts';
import { Roles } from './roles.ts';
import type { RoleProcess } from './roles.ts';
import { CALLER, freePort } from './voca.ts';

export const PATIENCE = { timeoutMs: 30_000 };
/** Keys of the vendors, which must stand nowhere. */
export const SPEECH_KEYS = ['dg-canary-of-the-streams', 'el-canary-of-the-streams'];

export interface TurnBody {
  key: string;
  status: string;
  heard: { kind: string; text?: string; digits?: string };
  reply: string | null;
  reply_source: string | null;
  interrupted: boolean;
  timings: Record<string, number | null> | null;
}

export interface CallBody {
  id: string;
  status: string;
  end_reason: string | null;
  transcript: { greeting: string | null; turns: TurnBody[] };
}

const NUMBERS = Array.from({ length: 40 }, (_, index) => `+15005550${200 + index}`);

export class LiveStack {
  readonly roles: Roles;
  readonly api: ApiOfRoles;
  readonly client: Client;
  readonly recognition: FakeDeepgramStt;
  readonly voices: FakeVoices;
  readonly processes: Record<'api' | 'worker' | 'media', RoleProcess>;
  readonly #metricsPort: number;
  readonly #free = [...NUMBERS];

  private constructor(parts: {
    roles: Roles;
    api: ApiOfRoles;
    client: Client;
    recognition: FakeDeepgramStt;
    voices: FakeVoices;
    processes: LiveStack['processes'];
    metricsPort: number;
  }) {
    const { roles, api, client, recognition, voices, processes, metricsPort } = parts;
    this.roles = roles;
    this.api = api;
    this.client = client;
    this.recognition = recognition;
    this.voices = voices;
    this.processes = processes;
    this.#metricsPort = metricsPort;
  }

  /** @param env beside the usual variables, for all processes */
  static async start(
    env: Record<string, string> = {},
    simulator: Partial<SimulatorOptions> = {},
  ): Promise<LiveStack> {
    const [recognition, voices, mediaPort, metricsPort] = await Promise.all([
      startFakeDeepgramStt({ interimEveryMs: 200 }),
      startFakeVoices(),
      freePort(),
      freePort(),
    ]);
    const roles = await Roles.prepare({
      env: {
        MEDIA_PORT: String(mediaPort),
        DEEPGRAM_API_KEY: SPEECH_KEYS[0] ?? '',
        DEEPGRAM_BASE_URL: recognition.baseUrl,
        ELEVENLABS_API_KEY: SPEECH_KEYS[1] ?? '',
        ELEVENLABS_BASE_URL: voices.origin,
        ...env,
      },
      simulator: {
        fastForward: false,
        msPerCharacter: 20,
        numbers: NUMBERS.map((phoneNumber) => ({ phoneNumber })),
        ...simulator,
      },
    });
    roles.model.always(echo);
    const processes = {
      worker: roles.launch('worker'),
      media: roles.launch('media', { METRICS_PORT: String(metricsPort) }),
      api: roles.launch('api'),
    };
    await Promise.all([processes.worker.isReady(), processes.media.isReady()]);
    await roles.untilReady();
    const api = new ApiOfRoles(roles.webhookUrl, roles.databaseUrl);
    const client = await api.client('ws_default');
    return new LiveStack({ roles, api, client, recognition, voices, processes, metricsPort });
  }

  /** Makes an assistant over the API. */
  async assistant(more: object = {}): Promise<string> {
    const { status, text, body } = await this.client.ask<{ id: string }>('/v1/assistants', {
      body: {
        ...{ name: 'Anna', instructions: 'Be brief.', mode: 'stream' },
        first_message: 'Hello, this is Anna.',
        ...more,
      },
    });
    if (status !== 201) throw new Error(`no assistant: ${text}`);
    return body.id;
  }

  /** Routes a number of its own to an assistant, over the API. */
  async numberOf(assistant: string): Promise<string> {
    const number = this.#free.shift() ?? '';
    const { status, text } = await this.client.ask('/v1/phone-numbers', {
      body: { number, assistant_id: assistant },
    });
    if (status !== 201) throw new Error(`no number: ${text}`);
    const urls = createUrls(this.roles.webhookUrl);
    const { sid = '' } = this.roles.simulator.numbers.byNumber(number) ?? {};
    this.roles.simulator.numbers.update(sid, { voiceFallbackUrl: urls.fallback() });
    return number;
  }

  /** Calls an assistant that is made for it, and hears its greeting. */
  async call(more: object = {}): Promise<LiveCall> {
    const call = await this.dial(await this.numberOf(await this.assistant(more)));
    await call.phone.hearsMatching(/this is Anna/, PATIENCE);
    return call;
  }

  async dial(number: string): Promise<LiveCall> {
    const phone = this.roles.simulator.dial({ from: CALLER, to: number });
    return this.callOf(phone, this.roles.callIdOf(phone));
  }

  callOf(phone: Phone, callId: string): LiveCall {
    return new LiveCall(this, phone, callId);
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text();
  }

  /** The media worker carries nobody, and no vendor of recognition is connected. */
  async isQuiet(): Promise<void> {
    await eventually(
      async () => {
        if (/^voca_media_streams\{.*\} [1-9]/m.test(await this.metrics())) {
          throw new Error('a stream is open');
        }
        if (this.recognition.open() > 0) throw new Error('a recogniser is connected');
        if (this.voices.answering() > 0) throw new Error('a voice is speaking');
      },
      { withinMs: 15_000 },
    );
  }

  /** Every call's workflow has come to its end by itself, with all that it waited for. */
  async isOver(): Promise<true> {
    await this.isQuiet();
    const { workflow } = this.roles.link.client;
    await eventually(
      async () => {
        const query = `WorkflowType = 'call' AND ExecutionStatus != 'Completed'`;
        for await (const { status } of workflow.list({ query })) {
          if (status.name !== 'CONTINUED_AS_NEW') throw new Error(`one is ${status.name}`);
        }
      },
      { withinMs: 60_000, everyMs: 250 },
    );
    return true;
  }

  async stop(): Promise<void> {
    await this.api.close();
    await this.roles.stop();
    await Promise.all([this.recognition.close(), this.voices.close()]);
  }
}

/** A model that says what it has heard. */
export function echo({ messages = [] }: ChatRequest) {
  const words = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const isSummary = words.includes('Write the notes now');
  return { kind: 'answer', text: isSummary ? 'Notes.' : `You said: ${words}` } as const;
}

/** One call, as its caller and as its record tell of it. */
export class LiveCall {
  readonly #stack: LiveStack;
  readonly phone: Phone;
  readonly id: string;

  constructor(stack: LiveStack, phone: Phone, id: string) {
    this.#stack = stack;
    this.phone = phone;
    this.id = id;
  }

  /** Says something when the assistant is silent. @returns the answer that matches */
  async exchange(words: string, answer: RegExp | string = `You said: ${words}`): Promise<string> {
    await this.phone.waitUntilListening(PATIENCE);
    this.phone.say(words);
    const pattern = typeof answer === 'string' ? new RegExp(escaped(answer), 'i') : answer;
    return (await this.phone.hearsMatching(pattern, PATIENCE)).text;
  }

  /** Hears the assistant out, and hangs up. */
  async hangUp(): Promise<void> {
    await this.phone.waitUntilListening(PATIENCE);
    this.phone.hangUp();
  }

  /** All that the caller heard, in one text. */
  get heard(): string {
    return this.phone.transcript
      .filter(({ who }) => who === 'assistant')
      .map(({ text }) => text)
      .join(' ');
  }

  /** As it is when the call is over. */
  async record(): Promise<CallBody> {
    await this.phone.ended;
    return eventually(
      async () => {
        const read = await this.read();
        if (read.status !== 'ended') throw new Error(`the call is ${read.status}`);
        return read;
      },
      { withinMs: 20_000, everyMs: 200 },
    );
  }

  async read(): Promise<CallBody> {
    const { body } = await this.#stack.client.ask<CallBody>(`/v1/calls/${this.id}`);
    return body;
  }

  /** The types of its events, in the order of their sequence. */
  async events(): Promise<string[]> {
    const { body } = await this.#stack.client.ask<{
      data: { type: string; sequence: number | null }[];
    }>(`/v1/events?call_id=${this.id}&limit=100`);
    return body.data
      .toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
      .map(({ type }) => type);
  }

  /** The runs of its workflow, the first one first, with their events. */
  async histories() {
    const { client } = this.#stack.roles.link;
    const runs = await runsOf(client, this.id);
    return Promise.all(
      runs.map(async ({ runId }) => {
        const { events } = await client.workflow.getHandle(this.id, runId).fetchHistory();
        return events ?? [];
      }),
    );
  }

  /** Its requests to Twilio's `action`s, and the like, from the truth log. */
  log() {
    return this.#stack.roles.simulator.log.entries.filter(
      (entry) => 'callSid' in entry && entry.callSid === this.phone.callSid,
    );
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
