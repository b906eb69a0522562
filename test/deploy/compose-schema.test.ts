/** The compose files against the schema of the Compose Specification: nothing here starts Docker. */
import { Ajv } from 'ajv';
import { describe, expect, test } from '@jest/globals';
import { MAIN_FILE, OVERLAYS, readCompose, readText } from './compose-files.ts';

function faultsOf(file: unknown): string[] {
  const schema = JSON.parse(readText('test/deploy/fixtures/compose-spec.json')) as object;
  // Draft 7, which is Ajv's own; the file names the draft with https, Ajv with http.
  const $schema = 'http://json-schema.org/draft-07/schema#';
  const validate = new Ajv({ strict: false, allErrors: true }).compile({ ...schema, $schema });
  validate(file);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('the compose files', () => {
  test.each([MAIN_FILE, ...OVERLAYS])('%s is valid after the Compose Specification', (file) => {
    expect(faultsOf(readCompose(file))).toEqual([]);
  });

  test('a file with a fault is refused', () => {
    const file = readCompose(MAIN_FILE);
    const api = { ...file.services['api'], read_onyl: true, mem_limit: ['1g'] };
    const faults = faultsOf({ ...file, services: { ...file.services, api } });
    expect(faults).toContain('/services/api must NOT have additional properties');
    expect(faults.some((fault) => fault.startsWith('/services/api/mem_limit'))).toBe(true);
  });
});
