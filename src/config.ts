/**
 * The configuration: read once from the environment, checked as a whole, frozen.
 *
 * This is the only file that reads `process.env`. Every missing or bad variable is named at once,
 * and no message repeats a value: what was meant as a secret may stand in the wrong variable.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, parseEnv } from 'node:util';
import { definitionOf, VARIABLE_NAMES } from './config-variables.ts';
import type { LlmName, VariableName, VariableValues } from './config-variables.ts';
import type {
  Environment,
  Role,
  TwilioConfig,
  TlsConfig,
  Config,
  CliConfig,
  ConfigFault,
} from './config-types.ts';

export type { CliConfig, Config, ConfigFault, Environment, Role } from './config-types.ts';

/** The environment cannot be used. Trying again does not help; the message repeats no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly messageIsSafe = true;
  readonly faults: ConfigFault[];

  constructor(faults: ConfigFault[]) {
    const lines = faults.map(({ variable, problem }) => `  ${variable} ${problem}`);
    super(`The configuration cannot be used:\n${lines.join('\n')}\nSee .env.example.`);
    this.faults = faults;
  }
}

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

function isSet(env: Environment, name: string): boolean {
  return env[name] !== undefined && env[name] !== '';
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

function fault(name: VariableName, problem: string): ConfigFault {
  const { purpose, form } = definitionOf(name);
  return { variable: name, problem: `${problem}. It is for: ${purpose}. It should be: ${form}.` };
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
  if (role !== 'cli') needed.push(...(values.VOCA_LLM ?? []).flatMap((name) => NEEDED_BY[name]));
  if (isProduction(values) && role !== 'cli') needed.push('VOCA_SECRET_KEY');
  for (const name of needed) if (!isSet(env, name)) faults.push(fault(name, 'is missing'));

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

const PAIRS: [VariableName, VariableName][] = [['TWILIO_API_KEY_SID', 'TWILIO_API_KEY_SECRET']];

function isProduction(values: VariableValues): boolean {
  return values.NODE_ENV === 'production';
}

function checkTogether(values: VariableValues, faults: ConfigFault[]): void {
  if (!isProduction(values)) return;
  if (values.TWILIO_WEBHOOK_URL?.toLowerCase().startsWith('http:')) {
    faults.push(fault('TWILIO_WEBHOOK_URL', 'is not https though NODE_ENV is production'));
  }
  const api = values.TWILIO_API_BASE_URL;
  if (api?.toLowerCase().startsWith('http:') && !isLoopback(new URL(api).hostname)) {
    faults.push(fault('TWILIO_API_BASE_URL', 'is not https though NODE_ENV is production'));
  }
}

/** @param host without its port */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Certificates are read here, so that a wrong path is a fault of the configuration like others. */
function loadTls(values: VariableValues, faults: ConfigFault[]): boolean | TlsConfig {
  const crt = pemOf(values, 'TEMPORAL_TLS_CLIENT_CERT', faults);
  const key = pemOf(values, 'TEMPORAL_TLS_CLIENT_KEY', faults);
  const ca = pemOf(values, 'TEMPORAL_TLS_SERVER_CA_CERT', faults);
  if ((crt === undefined) !== (key === undefined)) {
    const missing = crt === undefined ? 'CERT' : 'KEY';
    faults.push(fault(`TEMPORAL_TLS_CLIENT_${missing}_PATH`, 'is missing beside its counterpart'));
  }
  const serverName = values.TEMPORAL_TLS_SERVER_NAME;
  if (values.TEMPORAL_TLS === false) return false;
  if (!crt && !ca && !serverName) {
    return values.TEMPORAL_TLS ?? values.TEMPORAL_API_KEY !== undefined;
  }
  return {
    ...(serverName && { serverNameOverride: serverName }),
    ...(ca && { serverRootCACertificate: ca }),
    ...(crt && key && { clientCertPair: { crt, key } }),
  };
}

type PemVariable = `TEMPORAL_TLS_${'CLIENT_CERT' | 'CLIENT_KEY' | 'SERVER_CA_CERT'}`;

function pemOf(
  values: VariableValues,
  variable: PemVariable,
  faults: ConfigFault[],
): Buffer | undefined {
  const path = values[`${variable}_PATH`];
  const data = values[`${variable}_DATA`];
  if (path !== undefined && data !== undefined) {
    faults.push(fault(`${variable}_PATH`, `is given together with ${variable}_DATA`));
  }
  if (path === undefined) return data === undefined ? undefined : Buffer.from(data);
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    faults.push(fault(`${variable}_PATH`, `names a file that cannot be read (${code})`));
    // Stands for the unreadable file, so that its counterpart is not reported as missing too.
    return Buffer.alloc(0);
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
      mediaUrl: values.VOCA_MEDIA_URL,
      metricsHost: values.METRICS_PORT?.host ?? '127.0.0.1',
      metricsPort: values.METRICS_PORT?.port,
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
    },
    database: { url: values.DATABASE_URL },
    models: modelsOf(values),
    tracing: {
      endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
      headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
      serviceName: values.OTEL_SERVICE_NAME,
      sampleRatio: values.OTEL_TRACES_SAMPLER_ARG,
    },
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

function modelsOf(values: VariableValues): Config['models'] {
  return {
    llm: values.VOCA_LLM,
    stt: values.VOCA_STT,
    tts: values.VOCA_TTS,
    openai: {
      apiKey: values.OPENAI_API_KEY,
      baseUrl: values.OPENAI_BASE_URL,
      model: values.OPENAI_MODEL,
    },
    anthropic: {
      apiKey: values.ANTHROPIC_API_KEY,
      baseUrl: values.ANTHROPIC_BASE_URL,
      model: values.ANTHROPIC_MODEL,
    },
    deepgram: { apiKey: values.DEEPGRAM_API_KEY, baseUrl: values.DEEPGRAM_BASE_URL },
    elevenlabs: { apiKey: values.ELEVENLABS_API_KEY, baseUrl: values.ELEVENLABS_BASE_URL },
  };
}

function warningsOf(values: VariableValues, env: Environment, tls: boolean | TlsConfig): string[] {
  const warnings: string[] = [];
  if (values.VOCA_SECRET_KEY === undefined) {
    warnings.push(
      'VOCA_SECRET_KEY is not set: whoever can read Temporal or its Web UI reads what callers say.',
    );
  }
  const unknown = Object.keys(env).filter(
    (name) => /^(VOCA_|TEMPORAL_TLS_)/.test(name) && !isKnown(name) && isSet(env, name),
  );
  for (const name of unknown.sort()) {
    warnings.push(`${name} is not a variable of VOCA and has no effect.`);
  }
  for (const name of VARIABLE_NAMES) {
    if (definitionOf(name).reserved && isSet(env, name)) {
      warnings.push(`${name} has no effect in this version.`);
    }
  }
  const temporalHost = values.TEMPORAL_ADDRESS?.replace(/:\d+$/, '');
  if (isProduction(values) && temporalHost && tls === false && !isLoopback(temporalHost)) {
    warnings.push('TEMPORAL_ADDRESS is reached without TLS: keep it on a private network.');
  }
  for (const name of isProduction(values) ? CARRIES_CALLS : []) {
    if (!isPlainAndFar(values[name])) continue;
    warnings.push(
      `${name} is reached without TLS, and gets keys or what belongs to calls: use https or a private network.`,
    );
  }
  return warnings;
}

/** Servers that get more from us than they say. */
const CARRIES_CALLS = [
  'OPENAI_BASE_URL',
  'ANTHROPIC_BASE_URL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
] as const;

function isPlainAndFar(address: string | undefined): boolean {
  if (address === undefined || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !isLoopback(hostname);
}

function isKnown(name: string): name is VariableName {
  return (VARIABLE_NAMES as string[]).includes(name);
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

/** Beside the variables of VOCA, what a child process needs to run at all. */
const INHERITED = ['PATH', 'HOME', 'TZ', 'LANG', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];

/**
 * The environment of a child process: the variables of VOCA, the few that any process needs and
 * `overrides`, nothing else. A variable that is not set is passed as empty, so that a child does
 * not read a `.env` that was edited meanwhile differently from its siblings.
 */
export function childEnv(env: Environment, overrides: Environment = {}): Record<string, string> {
  const child: Record<string, string> = {};
  for (const name of VARIABLE_NAMES) child[name] = env[name] ?? '';
  for (const name of INHERITED) {
    const value = env[name];
    if (value !== undefined) child[name] = value;
  }
  for (const [name, value] of Object.entries(overrides)) {
    if (value !== undefined) child[name] = value;
  }
  return child;
}
