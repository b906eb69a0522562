/** The shape of the configuration. `config.ts` reads and checks it. */
import type { LlmName, LOG_LEVELS, SttName, TtsName } from './config-variables.ts';

export type Environment = Record<string, string | undefined>;

/** `supervisor` runs all the others and the embedded servers; `cli` only asks Temporal. */
export type Role = 'supervisor' | 'api' | 'worker' | 'media' | 'cli';

export interface TwilioConfig {
  accountSid: string;
  authToken: string;
  phoneNumber: string;
  /** Public base URL, without a trailing slash, otherwise exactly as it was given. */
  webhookUrl: string;
  apiKey?: { sid: string; secret: string };
  apiBaseUrl?: string;
}

export interface TemporalConfig {
  /** Left out: run an embedded server. */
  address?: string;
  namespace: string;
  apiKey?: string;
  /** As the `tls` option of the SDK's connections. */
  tls: boolean | TlsConfig;
  uiUrl?: string;
}

export interface TlsConfig {
  serverNameOverride?: string;
  serverRootCACertificate?: Buffer;
  clientCertPair?: { crt: Buffer; key: Buffer };
}

export interface ModelVendor {
  apiKey?: string;
  baseUrl?: string;
  model?: string;
}

export interface TracingConfig {
  /** An OTLP/HTTP collector, without `/v1/traces`; left out for no traces. */
  endpoint?: string;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  /** From 0 to 1. */
  sampleRatio: number;
}

interface CommonConfig {
  production: boolean;
  listen: {
    host: string;
    port: number;
    mediaPort: number;
    /** Where the api finds the media workers; left out: on its own machine. */
    mediaHost?: string;
    mediaUrl?: string;
    /** How long live streams run on in a media worker that leaves. */
    mediaDrainMs: number;
    metricsHost: string;
    /** Left out: nobody can ask for metrics. */
    metricsPort?: number;
    /** Addresses and networks (CIDR). */
    trustedProxies: string[];
  };
  temporal: TemporalConfig;
  workers: {
    versioning: 'off' | 'pinned';
    /** Left out: made of what is built, see `worker-versions.ts`. */
    buildId?: string;
    /** How often calls are compared with Twilio's view; left out for never. */
    reconcileMs?: number;
    /** How often the settings of our numbers at Twilio are looked at; left out for never. */
    checkNumbersMs?: number;
    /** How often calls are erased that are kept no longer; left out for never. */
    retentionMs?: number;
  };
  /** Without `url`: run an embedded server. */
  database: { url?: string };
  models: {
    /** Whom to ask, the first one first. */
    llm: LlmName[];
    /** The same for recognition of speech. */
    stt: SttName[];
    /** The same for speech. */
    tts: TtsName[];
    openai: ModelVendor & { sttModel: string; ttsModel: string; ttsVoice: string };
    anthropic: ModelVendor;
    deepgram: ModelVendor & { sttModel: string; ttsModel: string };
    elevenlabs: ModelVendor & { voice: string };
    /** Programs of this machine that speak: which voice, and the PATH on which they are looked for. */
    local: { voice?: string; path: string };
  };
  tracing: TracingConfig;
  /** What customers give us URLs for: whether plain http and addresses that are not public are taken. */
  webhooks: { allowLocal: boolean };
  /** The command line's own API: its address, left out for the one on this machine, and its key. */
  client: { url?: string; key?: string };
  rest: {
    /** The first seals, all of them open; empty when nothing is sealed. */
    secretKeys: string[];
    /** Left out: one of our own choice, see `data-dirs.ts`. */
    dataDir?: string;
    logLevel: (typeof LOG_LEVELS)[number];
  };
  /** What the operator should know though it does not stop the start. */
  warnings: string[];
}

export interface Config extends CommonConfig {
  twilio: TwilioConfig;
}

/** The command line asks Temporal, so it does without Twilio's variables. */
export interface CliConfig extends CommonConfig {
  twilio: Partial<TwilioConfig>;
}

export interface ConfigFault {
  variable: string;
  problem: string;
}
