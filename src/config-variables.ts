/**
 * Every environment variable of VOCA: what it is for, how it should look, whether it is secret.
 * `src/config.ts` checks the environment against this table and `.env.example` is made from it.
 */
import { z } from 'zod';
import { trustedProxies } from './client-address.ts';

export type VariableGroup =
  'Twilio' | 'Listening' | 'Temporal' | 'Database' | 'Models' | 'Traces' | 'Rest';

export interface VariableDefinition {
  group: VariableGroup;
  /** Completes "… is for". */
  purpose: string;
  /** How a good value looks. */
  form: string;
  secret?: boolean;
  /** As it would be written in the environment. */
  default?: string;
  /** Needed by `npm start`. */
  required?: boolean;
  schema: z.ZodType<unknown, string>;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** The language models that exist. */
export const LLM_NAMES = ['demo', 'openai', 'anthropic'] as const;
export type LlmName = (typeof LLM_NAMES)[number];
/** The recognisers of speech that exist. */
export const STT_NAMES = ['demo', 'deepgram', 'openai'] as const;
export type SttName = (typeof STT_NAMES)[number];
/** The voices that exist. */
export const TTS_NAMES = ['demo', 'local', 'elevenlabs', 'deepgram', 'openai'] as const;
export type TtsName = (typeof TTS_NAMES)[number];

const text = z.string().regex(/^[^\s\p{Cc}]+$/u);
const secretText = z.string().regex(/^[\x21-\x7e]{8,512}$/);
const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65535);
const onOff = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1');
const pem = z.string().includes('-----BEGIN ').includes('-----END ');

function isUrl(value: string, protocols: string[]): boolean {
  if (!URL.canParse(value)) return false;
  return protocols.includes(new URL(value).protocol) && !/\s/.test(value);
}

/** A base URL: optional path; no query, fragment or credentials; trailing slashes are cut off. */
function baseUrl(...protocols: string[]): z.ZodType<string, string> {
  return z
    .string()
    .refine((value) => isUrl(value, protocols))
    .refine((value) => !/[?#@\\]/.test(value))
    .transform((value) => value.replace(/\/+$/, ''));
}

/** Names of providers, the first one first. */
function providerNames<Name extends string>(names: readonly Name[]): z.ZodType<Name[], string> {
  return z
    .string()
    .transform((value) => value.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(names)).min(1))
    .refine((given) => new Set(given).size === given.length);
}

/** Twilio refuses status callbacks to hosts with an underscore; the path must need no escaping. */
const webhookUrl = baseUrl('http:', 'https:')
  .refine((value) => URL.canParse(value) && !new URL(value).hostname.includes('_'))
  .refine((value) => /^https?:\/\/[^/]+(\/[A-Za-z0-9._~-]+)*$/i.test(value));

/** `PORT` or `HOST:PORT`; undefined when it is `off`. */
const metricsAddress = z
  .string()
  .regex(/^(?:off|(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):)?\d{1,5})$/)
  .transform((value) => {
    if (value === 'off') return undefined;
    const colon = value.lastIndexOf(':');
    const host = colon === -1 ? '127.0.0.1' : value.slice(0, colon).replace(/^\[|\]$/g, '');
    return { host, port: Number(value.slice(colon + 1)) };
  })
  .refine((value) => value === undefined || (value.port >= 1 && value.port <= 65535));

/** `name=value,name=value`, as OpenTelemetry writes headers; values may be percent-encoded. */
const headerList = z
  .string()
  .regex(/^[!-~]+$/)
  .transform((value) => value.split(',').filter((pair) => pair !== ''))
  .refine((pairs) => pairs.every((pair) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+=/.test(pair)))
  .transform((pairs, context) => {
    try {
      return Object.fromEntries(
        pairs.map((pair) => {
          const equals = pair.indexOf('=');
          return [pair.slice(0, equals), decodeURIComponent(pair.slice(equals + 1))];
        }),
      );
    } catch {
      context.addIssue({ code: 'custom', message: 'not percent-encoded' });
      return z.NEVER;
    }
  });

const proxies = z
  .string()
  .transform((value) => value.split(',').map((each) => each.trim()))
  .refine((list) => trustedProxies(list) !== undefined);

const secretKeys = z
  .string()
  .transform((value) => value.split(',').map((key) => key.trim()))
  .refine((keys) => keys.every((key) => /^[\x21-\x7e]{32,512}$/.test(key)))
  .refine((keys) => new Set(keys).size === keys.length);

const URL_FORM = 'an http or https URL without query, fragment or credentials';

const key = (group: VariableGroup, purpose: string, form: string) =>
  ({ group, purpose, form, secret: true, schema: secretText }) as const;
const vendorUrl = (vendor: string) =>
  ({
    group: 'Models',
    purpose: `reaching ${vendor} at another address than its own`,
    form: URL_FORM,
    schema: baseUrl('http:', 'https:'),
  }) as const;
const pemFile = (purpose: string) =>
  ({
    group: 'Temporal',
    purpose,
    form: 'the path of a readable PEM file',
    schema: z.string(),
  }) as const;

/** In the order in which they are documented. */
export const VARIABLES = {
  TWILIO_ACCOUNT_SID: {
    group: 'Twilio',
    purpose: 'the Twilio account that owns the phone number',
    form: 'AC and 32 hexadecimal digits, from the Twilio console',
    required: true,
    schema: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  },
  TWILIO_AUTH_TOKEN: {
    ...key(
      'Twilio',
      "checking that webhooks come from Twilio, and Twilio's REST API",
      'the primary auth token of the account, from the Twilio console',
    ),
    required: true,
  },
  TWILIO_PHONE_NUMBER: {
    group: 'Twilio',
    purpose: 'the number that VOCA answers and calls from',
    form: 'E.164: a plus sign and 7 to 15 digits, without spaces',
    required: true,
    schema: z.string().regex(/^\+[1-9]\d{6,14}$/),
  },
  TWILIO_WEBHOOK_URL: {
    group: 'Twilio',
    purpose: 'the public base URL on which Twilio reaches VOCA; signatures are computed over it',
    form: `${URL_FORM} or underscore in the host, such as https://voice.example.com; https when NODE_ENV is production`,
    required: true,
    schema: webhookUrl,
  },
  TWILIO_API_KEY_SID: {
    group: 'Twilio',
    purpose: "Twilio's REST API in place of the auth token; together with TWILIO_API_KEY_SECRET",
    form: 'SK and 32 hexadecimal digits',
    schema: z.string().regex(/^SK[0-9a-fA-F]{32}$/),
  },
  TWILIO_API_KEY_SECRET: key(
    'Twilio',
    'the secret of TWILIO_API_KEY_SID',
    'the secret that Twilio showed when the key was made',
  ),
  TWILIO_API_BASE_URL: {
    group: 'Twilio',
    purpose: "a simulator in place of Twilio's REST API",
    form: `${URL_FORM}; https when NODE_ENV is production, except to this machine`,
    schema: baseUrl('http:', 'https:'),
  },

  HOST: {
    group: 'Listening',
    purpose: 'the address that the api listens on; in a container set 0.0.0.0',
    form: 'an IP address or host name',
    default: '127.0.0.1',
    schema: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/),
  },
  PORT: {
    group: 'Listening',
    purpose: 'the port of webhooks and the API',
    form: 'a port from 1 to 65535',
    default: '5000',
    schema: port,
  },
  MEDIA_PORT: {
    group: 'Listening',
    purpose:
      'the port of audio streams, on the address of HOST; without VOCA_MEDIA_URL `npm start` takes any free one that only this machine reaches',
    form: 'a port from 1 to 65535',
    default: '5001',
    schema: port,
  },
  VOCA_MEDIA_HOST: {
    group: 'Listening',
    purpose:
      'where the api passes audio streams on to, at MEDIA_PORT: the host of the media workers; left out: its own machine, and always so under `npm start`',
    form: 'an IP address or host name, without a port',
    // No name has a colon, and an IPv6 address has two at least. Names of Compose may have a `_`.
    schema: z
      .string()
      .regex(/^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|(?=.*:.*:)[0-9A-Fa-f:.]{2,45})$/),
  },
  VOCA_MEDIA_URL: {
    group: 'Listening',
    purpose:
      'the public base URL of audio streams, where a proxy leads to the media workers; without it Twilio opens them at TWILIO_WEBHOOK_URL, and the api passes them on to VOCA_MEDIA_HOST',
    form: 'a wss URL without query, fragment or credentials',
    schema: baseUrl('wss:'),
  },
  VOCA_MEDIA_DRAIN: {
    group: 'Listening',
    purpose:
      'how long a media worker that is told to leave lets live calls run on, before it hands them over to another one; under `npm start` it is a second or two',
    form: 'seconds from 0 to 86400',
    default: '900',
    schema: z
      .string()
      .regex(/^\d{1,5}$/)
      .transform((value) => Number(value) * 1000)
      .refine((ms) => ms <= 86_400_000),
  },
  METRICS_PORT: {
    group: 'Listening',
    purpose:
      'Prometheus metrics and the health of a process, on this port plus the index of the process; loopback only unless an address is given',
    form: 'a port such as 9464, ADDRESS:PORT such as 0.0.0.0:9464, or off',
    default: '9464',
    schema: metricsAddress,
  },

  VOCA_TRUSTED_PROXIES: {
    group: 'Listening',
    purpose:
      'the proxies in front of the api whose `X-Forwarded-For` says where a request came from; without it nobody is believed',
    form: 'addresses and networks separated by commas, such as 10.0.0.0/8,192.0.2.7',
    schema: proxies,
  },

  TEMPORAL_ADDRESS: {
    group: 'Temporal',
    purpose: 'the Temporal server; without it `npm start` runs one of its own',
    form: 'HOST:PORT, such as localhost:7233',
    schema: z.string().regex(/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}$/),
  },
  TEMPORAL_NAMESPACE: {
    group: 'Temporal',
    purpose: 'the Temporal namespace in which calls live',
    form: 'a namespace name: letters, digits, dot, dash, underscore',
    default: 'default',
    schema: z.string().regex(/^[A-Za-z0-9._-]{1,255}$/),
  },
  TEMPORAL_API_KEY: key('Temporal', 'Temporal Cloud with an API key; turns TLS on', 'an API key'),
  TEMPORAL_TLS: {
    group: 'Temporal',
    purpose: 'turning TLS to Temporal on or off; on by itself with an API key or a certificate',
    form: 'true or false',
    schema: onOff,
  },
  TEMPORAL_TLS_CLIENT_CERT_PATH: pemFile('the client certificate for mutual TLS'),
  TEMPORAL_TLS_CLIENT_CERT_DATA: {
    ...pemFile('the same, given as text'),
    form: 'the PEM text of a certificate',
    schema: pem,
  },
  TEMPORAL_TLS_CLIENT_KEY_PATH: pemFile('the private key of the client certificate'),
  TEMPORAL_TLS_CLIENT_KEY_DATA: {
    ...pemFile('the same, given as text'),
    form: 'the PEM text of a private key',
    secret: true,
    schema: pem,
  },
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: pemFile("the authority that signed the server's certificate"),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: {
    ...pemFile('the same, given as text'),
    form: 'the PEM text of a certificate',
    schema: pem,
  },
  TEMPORAL_TLS_SERVER_NAME: {
    group: 'Temporal',
    purpose: "the name expected in the server's certificate",
    form: 'a host name',
    schema: z.string().regex(/^[A-Za-z0-9.-]{1,253}$/),
  },
  TEMPORAL_UI_URL: {
    group: 'Temporal',
    purpose: 'links to calls in the Temporal Web UI',
    form: URL_FORM,
    schema: baseUrl('http:', 'https:'),
  },

  VOCA_WORKER_VERSIONING: {
    group: 'Temporal',
    purpose:
      'versions of workers side by side: with pinned, a call stays with the version on which it began, and a version gets no new calls before `voca versions set-current` (docs/worker-versions.md)',
    form: 'off or pinned',
    default: 'off',
    schema: z.enum(['off', 'pinned']),
  },
  VOCA_BUILD_ID: {
    group: 'Temporal',
    purpose:
      'the name of this version of the workers, with VOCA_WORKER_VERSIONING=pinned (default: the package version and a hash of the workflow code)',
    form: 'up to 64 letters, digits, dots, dashes and underscores',
    schema: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  },
  VOCA_RECONCILE: {
    group: 'Temporal',
    purpose: "how often open workflows are compared with Twilio's live calls, and settled",
    form: 'seconds from 5 to 3600, or off',
    default: '60',
    schema: z
      .string()
      .regex(/^(?:off|\d{1,4})$/)
      .transform((value) => (value === 'off' ? undefined : Number(value) * 1000))
      .refine((ms) => ms === undefined || (ms >= 5_000 && ms <= 3_600_000)),
  },

  VOCA_CHECK_NUMBERS: {
    group: 'Temporal',
    purpose: 'how often it is looked whether Twilio still brings the calls to our numbers to us',
    form: 'minutes from 1 to 1440, or off',
    default: '60',
    schema: z
      .string()
      .regex(/^(?:off|\d{1,4})$/)
      .transform((value) => (value === 'off' ? undefined : Number(value) * 60_000))
      .refine((ms) => ms === undefined || (ms >= 60_000 && ms <= 86_400_000)),
  },

  VOCA_RETENTION: {
    group: 'Temporal',
    purpose: 'how often the calls are erased that their workspace keeps no longer',
    form: 'seconds from 5 to 86400, or off',
    default: '3600',
    schema: z
      .string()
      .regex(/^(?:off|\d{1,5})$/)
      .transform((value) => (value === 'off' ? undefined : Number(value) * 1000))
      .refine((ms) => ms === undefined || (ms >= 5_000 && ms <= 86_400_000)),
  },

  DATABASE_URL: {
    group: 'Database',
    purpose: 'the PostgreSQL database (14 or newer); without it `npm start` runs one of its own',
    form: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE',
    secret: true,
    schema: z.string().refine((value) => isUrl(value, ['postgres:', 'postgresql:'])),
  },

  VOCA_LLM: {
    group: 'Models',
    purpose:
      'the language model: demo (offline), openai (OpenAI and everything that speaks its Chat Completions) or anthropic; of a list, each one answers when those before it fail',
    form: `one or more of ${LLM_NAMES.join(', ')}, separated by commas, such as openai,anthropic`,
    default: 'demo',
    schema: providerNames(LLM_NAMES),
  },
  VOCA_STT: {
    group: 'Models',
    purpose:
      'recognition of speech in audio streams: demo (offline; understands the simulated telephone alone), deepgram or openai (OpenAI and everything that has its transcription); of a list, the next one goes on when one fails in mid-call. Over TwiML, Twilio recognises it',
    form: `one or more of ${STT_NAMES.join(', ')}, separated by commas, such as deepgram,openai`,
    default: 'demo',
    schema: providerNames(STT_NAMES),
  },
  VOCA_TTS: {
    group: 'Models',
    purpose:
      'speech in audio streams: demo (offline; flite or espeak-ng where they are installed, else tones), local (flite or espeak-ng), elevenlabs, deepgram or openai (OpenAI and everything that has its speech); of a list, the next one goes on when one fails in mid-clause. Over TwiML, Twilio speaks',
    form: `one or more of ${TTS_NAMES.join(', ')}, separated by commas, such as elevenlabs,deepgram`,
    default: 'demo',
    schema: providerNames(TTS_NAMES),
  },
  OPENAI_API_KEY: {
    ...key(
      'Models',
      'openai in VOCA_LLM, VOCA_STT and VOCA_TTS',
      'an API key; any word for a server that wants none',
    ),
    schema: text,
  },
  OPENAI_BASE_URL: vendorUrl('OpenAI, or a compatible service,'),
  OPENAI_MODEL: {
    group: 'Models',
    purpose: 'the model to ask at OpenAI, for assistants that name none',
    form: "a model's name, without spaces",
    schema: text,
  },
  OPENAI_STT_MODEL: {
    group: 'Models',
    purpose: 'the model of OpenAI that recognises speech, for assistants that name none',
    form: "a model's name, without spaces",
    default: 'gpt-4o-mini-transcribe',
    schema: text,
  },
  OPENAI_TTS_MODEL: {
    group: 'Models',
    purpose: 'the model of OpenAI that speaks, for assistants that name none',
    form: "a model's name, without spaces",
    default: 'gpt-4o-mini-tts',
    schema: text,
  },
  OPENAI_TTS_VOICE: {
    group: 'Models',
    purpose: 'the voice of OpenAI, for assistants that name none',
    form: "a voice's name, without spaces",
    default: 'alloy',
    schema: text,
  },
  ANTHROPIC_API_KEY: key('Models', 'anthropic in VOCA_LLM', 'an API key'),
  ANTHROPIC_BASE_URL: vendorUrl('Anthropic'),
  ANTHROPIC_MODEL: {
    group: 'Models',
    purpose: 'the model to ask at Anthropic, for assistants that name none',
    form: "a model's name, without spaces",
    schema: text,
  },
  DEEPGRAM_API_KEY: key('Models', 'deepgram in VOCA_STT and VOCA_TTS', 'an API key'),
  DEEPGRAM_BASE_URL: vendorUrl('Deepgram'),
  DEEPGRAM_STT_MODEL: {
    group: 'Models',
    purpose: 'the model of Deepgram that recognises speech, for assistants that name none',
    form: "a model's name, without spaces, such as nova-3 or nova-2-phonecall",
    default: 'nova-3',
    schema: text,
  },
  DEEPGRAM_TTS_MODEL: {
    group: 'Models',
    purpose: 'the model of Deepgram that speaks, voice and language included',
    form: "a model's name, without spaces, such as aura-2-thalia-en",
    default: 'aura-2-thalia-en',
    schema: text,
  },
  ELEVENLABS_API_KEY: key('Models', 'elevenlabs in VOCA_TTS', 'an API key'),
  ELEVENLABS_BASE_URL: vendorUrl('ElevenLabs'),
  ELEVENLABS_MODEL: {
    group: 'Models',
    purpose: 'the model of ElevenLabs, for assistants that name none',
    form: "a model's name, without spaces",
    default: 'eleven_flash_v2_5',
    schema: text,
  },
  ELEVENLABS_VOICE: {
    group: 'Models',
    purpose: 'the voice of ElevenLabs, for assistants that name none',
    form: "a voice's id, as the vendor's list of voices has it",
    default: 'JBFqnCBsd6RMkjVDRZzb',
    schema: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  },
  VOCA_LOCAL_VOICE: {
    group: 'Models',
    purpose:
      'the voice of local (and demo) in VOCA_TTS; without it flite speaks English and espeak-ng the rest, as far as they are installed',
    form: 'flite or espeak-ng, with one of its voices: flite/slt, flite/kal16, espeak-ng/en-us',
    schema: z.string().regex(/^(?:flite(?:\/[a-z0-9_]{1,30})?|espeak-ng(?:\/[a-z0-9-]{1,30})?)$/),
  },

  OTEL_EXPORTER_OTLP_ENDPOINT: {
    group: 'Traces',
    purpose: 'an OpenTelemetry collector that traces are sent to; without it there are none',
    form: `${URL_FORM}; OTLP over HTTP, such as http://127.0.0.1:4318`,
    schema: baseUrl('http:', 'https:'),
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    group: 'Traces',
    purpose: 'headers that the collector wants, such as a key',
    form: 'name=value pairs separated by commas; a value may be percent-encoded',
    secret: true,
    schema: headerList,
  },
  OTEL_SERVICE_NAME: {
    group: 'Traces',
    purpose: 'the name under which traces are found',
    form: 'up to 64 letters, digits, dots, dashes and underscores',
    default: 'voca',
    schema: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  },
  OTEL_TRACES_SAMPLER_ARG: {
    group: 'Traces',
    purpose: 'the part of all webhooks that is traced',
    form: 'a number from 0 to 1',
    default: '1',
    schema: z
      .string()
      .regex(/^(?:0|1|0?\.\d{1,6}|1\.0{1,6})$/)
      .transform(Number),
  },

  VOCA_SECRET_KEY: {
    group: 'Rest',
    purpose:
      'sealing what Temporal keeps of calls, and the sign-in of operators; needed when NODE_ENV is production. The first of a list seals, the others still open; to rotate see docs/upgrade.md',
    form: 'one or more different keys of at least 32 characters, separated by commas, each such as `openssl rand -base64 32` prints',
    secret: true,
    schema: secretKeys,
  },
  VOCA_DATA_DIR: {
    group: 'Rest',
    purpose:
      'the folder of the embedded servers and of pid files (default: voca/main in the XDG data folder; /var/lib/voca/main for root)',
    form: 'an absolute path that the user of an embedded PostgreSQL can enter',
    schema: z.string().regex(/^(?:\/|[A-Za-z]:[\\/])[^\p{Cc}]*$/u),
  },
  VOCA_ALLOW_LOCAL_WEBHOOKS: {
    group: 'Rest',
    purpose:
      'webhooks to plain http and to addresses that are not public, such as localhost: for development, never in production (docs/webhooks.md)',
    form: 'true or false; not true when NODE_ENV is production',
    default: 'false',
    schema: onOff,
  },
  VOCA_API_URL: {
    group: 'Rest',
    purpose:
      'the API that the `voca` command asks; without it the instance that runs on this machine',
    form: `${URL_FORM}, such as https://voice.example.com; without its /v1`,
    schema: baseUrl('http:', 'https:'),
  },
  VOCA_API_KEY: key(
    'Rest',
    'signing the `voca` command in at the API; processes that serve do without it',
    'an API key as `voca keys create` shows it once: voca_live_… or voca_test_…',
  ),
  LOG_LEVEL: {
    group: 'Rest',
    purpose: 'how much is logged',
    form: `one of ${LOG_LEVELS.join(', ')}`,
    default: 'info',
    schema: z.enum(LOG_LEVELS),
  },
  NODE_ENV: {
    group: 'Rest',
    purpose: 'production makes https and VOCA_SECRET_KEY mandatory',
    form: 'production, or anything else',
    schema: z.string(),
  },
} as const satisfies Record<string, VariableDefinition>;

export type VariableName = keyof typeof VARIABLES;

/** The checked values of the variables that are set or have a default. */
export type VariableValues = {
  [Name in VariableName]: (typeof VARIABLES)[Name] extends { default: string }
    ? z.output<(typeof VARIABLES)[Name]['schema']>
    : z.output<(typeof VARIABLES)[Name]['schema']> | undefined;
};

export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** The table's row, without the precise types that differ from row to row. */
export function definitionOf(name: VariableName): VariableDefinition {
  return VARIABLES[name];
}
