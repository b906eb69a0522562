/** What the operator should know though it does not stop the start. */
import { isLoopback, isProduction, isSet } from './config-faults.ts';
import { VARIABLE_NAMES } from './config-variables.ts';
import type { VariableName, VariableValues } from './config-variables.ts';
import type { Environment, TlsConfig } from './config-types.ts';

export function warningsOf(
  values: VariableValues,
  env: Environment,
  tls: boolean | TlsConfig,
): string[] {
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
  'DEEPGRAM_BASE_URL',
  'ELEVENLABS_BASE_URL',
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
