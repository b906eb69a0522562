/**
 * The configuration: read once from the environment, checked as a whole, frozen.
 *
 * This is the only file that reads `process.env`. Every missing or bad variable is named at once,
 * and no message repeats a value: what was meant as a secret may stand in the wrong variable.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, parseEnv } from 'node:util';
import { ConfigError, fault, isLoopback, isProduction, isSet } from './config-faults.ts';
import { loadTls } from './config-tls.ts';
import { definitionOf, VARIABLE_NAMES } from './config-variables.ts';
import { warningsOf } from './config-warnings.ts';
import type {
  LlmName,
  SttName,
  TtsName,
  VariableName,
  VariableValues,
} from './config-variables.ts';
import type {
  Environment,
  Role,
  TwilioConfig,
  TlsConfig,
  Config,
  CliConfig,
  ConfigFault,
} from './config-types.ts';

export { ConfigError } from './config-faults.ts';
export type { CliConfig, Config, ConfigFault, Environment, Role } from './config-types.ts';

/**
 * The process's environment, completed from the file `.env` of a folder if there is one. A variable
 * of the real environment wins, also when it is empty (which means: not set).
 */
export function readEnvironment(folder: string = process.cwd()): Environment {
  return { ...readDotEnv(join(folder, '.env')), ...process.env };
}

function readDotEnv(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT') return {};
    throw new ConfigError([{ variable: '.env', problem: `cannot be read (${code})` }]);
  }
}

/** @throws {ConfigError} naming every fault at once. */
export function loadConfig(env: Environment, options: { role: 'cli' }): CliConfig;
export function loadConfig(env: Environment, options?: { role?: Exclude<Role, 'cli'> }): Config;
export function loadConfig(env: Environment, options: { role?: Role } = {}): Config | CliConfig {
  const role = options.role ?? 'supervisor';
  const faults: ConfigFault[] = [];
  const values = checkEach(env, faults);
  checkPresence(values, env, role, faults);
  checkTogether(values, faults);
  const tls = loadTls(values, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return freeze(assemble(values, env, tls));
}

function checkEach(env: Environment, faults: ConfigFault[]): VariableValues {
  const values: Record<string, unknown> = {};
  for (const name of VARIABLE_NAMES) {
    const definition = definitionOf(name);
    const given = isSet(env, name) ? env[name] : definition.default;
    if (given === undefined) continue;
    const result = definition.schema.safeParse(given);
    if (result.success) values[name] = result.data;
    else faults.push(fault(name, 'is not usable'));
  }
  return values as VariableValues;
}

function checkPresence(
  values: VariableValues,
  env: Environment,
  role: Role,
  faults: ConfigFault[],
): void {
  const needed: VariableName[] =
    role === 'cli' ? [] : VARIABLE_NAMES.filter((name) => definitionOf(name).required === true);
  // A role that runs alone has no supervisor to start servers for it.
  if (role === 'api' || role === 'worker' || role === 'media') needed.push('TEMPORAL_ADDRESS');
  if (role === 'worker') needed.push('DATABASE_URL');
  if (role !== 'cli') {
    needed.push(...(values.VOCA_LLM ?? []).flatMap((name) => NEEDED_BY[name]));
    needed.push(...(values.VOCA_STT ?? []).flatMap((name) => NEEDED_BY_STT[name]));
    needed.push(...(values.VOCA_TTS ?? []).flatMap((name) => NEEDED_BY_TTS[name]));
  }
  if (isProduction(values) && role !== 'cli') needed.push('VOCA_SECRET_KEY');
  for (const name of new Set(needed)) if (!isSet(env, name)) faults.push(fault(name, 'is missing'));

  for (const [first, second] of PAIRS) {
    if (isSet(env, first) === isSet(env, second)) continue;
    const [missing, other] = isSet(env, first) ? [second, first] : [first, second];
    faults.push(fault(missing, `is missing beside ${other}`));
  }
}

const NEEDED_BY: Record<LlmName, VariableName[]> = {
  demo: [],
  openai: ['OPENAI_API_KEY', 'OPENAI_MODEL'],
  anthropic: ['ANTHROPIC_API_KEY', 'ANTHROPIC_MODEL'],
};

const NEEDED_BY_STT: Record<SttName, VariableName[]> = {
  demo: [],
  deepgram: ['DEEPGRAM_API_KEY'],
  openai: ['OPENAI_API_KEY'],
};

const NEEDED_BY_TTS: Record<TtsName, VariableName[]> = {
  demo: [],
  local: [],
  elevenlabs: ['ELEVENLABS_API_KEY'],
  deepgram: ['DEEPGRAM_API_KEY'],
  openai: ['OPENAI_API_KEY'],
};

const PAIRS: [VariableName, VariableName][] = [['TWILIO_API_KEY_SID', 'TWILIO_API_KEY_SECRET']];

function checkTogether(values: VariableValues, faults: ConfigFault[]): void {
  if (!isProduction(values)) return;
  if (values.TWILIO_WEBHOOK_URL?.toLowerCase().startsWith('http:')) {
    faults.push(fault('TWILIO_WEBHOOK_URL', 'is not https though NODE_ENV is production'));
  }
  if (values.VOCA_ALLOW_LOCAL_WEBHOOKS) {
    faults.push(fault('VOCA_ALLOW_LOCAL_WEBHOOKS', 'is on though NODE_ENV is production'));
  }
  const api = values.TWILIO_API_BASE_URL;
  if (api?.toLowerCase().startsWith('http:') && !isLoopback(new URL(api).hostname)) {
    faults.push(fault('TWILIO_API_BASE_URL', 'is not https though NODE_ENV is production'));
  }
}

function assemble(
  values: VariableValues,
  env: Environment,
  tls: boolean | TlsConfig,
): Config | CliConfig {
  return {
    production: isProduction(values),
    twilio: twilioOf(values),
    listen: {
      host: values.HOST,
      port: values.PORT,
      mediaPort: values.MEDIA_PORT,
      mediaHost: values.VOCA_MEDIA_HOST,
      mediaUrl: values.VOCA_MEDIA_URL,
      mediaDrainMs: values.VOCA_MEDIA_DRAIN,
      metricsHost: values.METRICS_PORT?.host ?? '127.0.0.1',
      metricsPort: values.METRICS_PORT?.port,
      trustedProxies: values.VOCA_TRUSTED_PROXIES ?? [],
    },
    temporal: {
      address: values.TEMPORAL_ADDRESS,
      namespace: values.TEMPORAL_NAMESPACE,
      apiKey: values.TEMPORAL_API_KEY,
      tls,
      uiUrl: values.TEMPORAL_UI_URL,
    },
    workers: {
      versioning: values.VOCA_WORKER_VERSIONING,
      buildId: values.VOCA_BUILD_ID,
      reconcileMs: values.VOCA_RECONCILE,
      checkNumbersMs: values.VOCA_CHECK_NUMBERS,
      retentionMs: values.VOCA_RETENTION,
    },
    database: { url: values.DATABASE_URL },
    models: modelsOf(values, env),
    tracing: {
      endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
      headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
      serviceName: values.OTEL_SERVICE_NAME,
      sampleRatio: values.OTEL_TRACES_SAMPLER_ARG,
    },
    webhooks: { allowLocal: values.VOCA_ALLOW_LOCAL_WEBHOOKS },
    client: { url: values.VOCA_API_URL, key: values.VOCA_API_KEY },
    rest: {
      secretKeys: values.VOCA_SECRET_KEY ?? [],
      dataDir: values.VOCA_DATA_DIR,
      logLevel: values.LOG_LEVEL,
    },
    warnings: warningsOf(values, env, tls),
  };
}

function twilioOf(values: VariableValues): Partial<TwilioConfig> {
  const sid = values.TWILIO_API_KEY_SID;
  const secret = values.TWILIO_API_KEY_SECRET;
  return {
    accountSid: values.TWILIO_ACCOUNT_SID,
    authToken: values.TWILIO_AUTH_TOKEN,
    phoneNumber: values.TWILIO_PHONE_NUMBER,
    webhookUrl: values.TWILIO_WEBHOOK_URL,
    apiKey: sid !== undefined && secret !== undefined ? { sid, secret } : undefined,
    apiBaseUrl: values.TWILIO_API_BASE_URL,
  };
}

function modelsOf(values: VariableValues, env: Environment): Config['models'] {
  return {
    llm: values.VOCA_LLM,
    stt: values.VOCA_STT,
    tts: values.VOCA_TTS,
    openai: {
      apiKey: values.OPENAI_API_KEY,
      baseUrl: values.OPENAI_BASE_URL,
      model: values.OPENAI_MODEL,
      sttModel: values.OPENAI_STT_MODEL,
      ttsModel: values.OPENAI_TTS_MODEL,
      ttsVoice: values.OPENAI_TTS_VOICE,
    },
    anthropic: {
      apiKey: values.ANTHROPIC_API_KEY,
      baseUrl: values.ANTHROPIC_BASE_URL,
      model: values.ANTHROPIC_MODEL,
    },
    deepgram: {
      apiKey: values.DEEPGRAM_API_KEY,
      baseUrl: values.DEEPGRAM_BASE_URL,
      sttModel: values.DEEPGRAM_STT_MODEL,
      ttsModel: values.DEEPGRAM_TTS_MODEL,
    },
    elevenlabs: {
      apiKey: values.ELEVENLABS_API_KEY,
      baseUrl: values.ELEVENLABS_BASE_URL,
      model: values.ELEVENLABS_MODEL,
      voice: values.ELEVENLABS_VOICE,
    },
    local: { voice: values.VOCA_LOCAL_VOICE, path: env.PATH ?? '' },
  };
}

/** Freezes all groups, and makes a printed or serialised config show nothing. */
function freeze<T extends object>(config: T): T {
  for (const value of Object.values(config)) {
    if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) freeze(value);
  }
  if (!Array.isArray(config)) {
    const hidden = { value: () => '[configuration]', enumerable: false };
    Object.defineProperty(config, 'toJSON', hidden);
    Object.defineProperty(config, inspect.custom, hidden);
  }
  return Object.freeze(config);
}
