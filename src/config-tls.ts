/** TLS to Temporal, as the configuration asks for it. */
import { readFileSync } from 'node:fs';
import { fault } from './config-faults.ts';
import type { VariableValues } from './config-variables.ts';
import type { ConfigFault, TlsConfig } from './config-types.ts';

/** Certificates are read here, so that a wrong path is a fault of the configuration like others. */
export function loadTls(values: VariableValues, faults: ConfigFault[]): boolean | TlsConfig {
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
