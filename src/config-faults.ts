/**
 * What is shared by the checks of the configuration: a variable that cannot be used is named with what it
 * is for and how it should look, never with its value.
 */
import { definitionOf } from './config-variables.ts';
import type { VariableName, VariableValues } from './config-variables.ts';
import type { ConfigFault, Environment } from './config-types.ts';

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

export function fault(name: VariableName, problem: string): ConfigFault {
  const { purpose, form } = definitionOf(name);
  return { variable: name, problem: `${problem}. It is for: ${purpose}. It should be: ${form}.` };
}

export function isSet(env: Environment, name: string): boolean {
  return env[name] !== undefined && env[name] !== '';
}

export function isProduction(values: VariableValues): boolean {
  return values.NODE_ENV === 'production';
}

/** @param host without its port */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
