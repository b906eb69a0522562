/**
 * Everything that must hold. `--fast`: types, lint, format and unit tests; `--all`: also the tests
 * against a real PostgreSQL and a real Temporal, and the scripted demo.
 *
 * The last line is `N passed, N failed` over everything that ran: every test, and every other step
 * counted as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkNode, install } from './install.js';

const isFast = process.argv.includes('--fast');
const scratch = mkdtempSync(join(tmpdir(), 'voca-verify-'));
const total = { passed: 0, failed: 0 };

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

function step(name, command, args) {
  console.log(`\n▸ ${name}`);
  const startedAt = performance.now();
  const isGood = run(command, args);
  total[isGood ? 'passed' : 'failed'] += 1;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isGood ? '✓' : '✗'} ${name} (${seconds} s)`);
}

/** Counts each test; a suite that could not even start counts as one failure. */
function jest(name, project) {
  console.log(`\n▸ ${name}`);
  const report = join(scratch, `${project}.json`);
  const isGood = run('npx', [
    'jest',
    ...['--selectProjects', project, '--json', '--outputFile', report],
    ...(project === 'integration' ? ['--runInBand'] : []),
  ]);
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    total.passed += result.numPassedTests;
    total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    if (!isGood && result.success) total.failed += 1;
  } catch {
    total.failed += 1;
  }
}

checkNode();
await install({ say: console.log });
step('types', 'npx', ['tsc', '--noEmit']);
step('types of the tests', 'npx', ['tsc', '-p', 'test']);
step('lint', 'npx', ['oxlint', '--type-aware', '--deny-warnings', '.']);
step('format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']);
jest('unit tests', 'unit');
if (!isFast) {
  jest('integration tests', 'integration');
  step('the scripted demo', process.execPath, ['scripts/run.js', 'demo', '--script']);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
