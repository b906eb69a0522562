/**
 * Everything that must hold. `--fast`: types, lint, format and unit tests; `--all`: also the tests
 * against a real PostgreSQL and a real Temporal, and the scripted demo.
 *
 * The last line is `N passed, N failed` over everything that ran: every test, and every other step
 * counted as one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
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

/**
 * Runs projects side by side and shows what each said, one after the other. Their files run one at a
 * time each: they mostly wait for processes, timers and servers.
 */
async function jest(name, ...projects) {
  console.log(`\n▸ ${name}`);
  const runs = projects.map(async (project) => ({ project, isGood: await runJest(project) }));
  for (const run of runs) {
    const { project, isGood } = await run;
    if (projects.length > 1) process.stdout.write(readFileSync(join(scratch, `${project}.log`)));
    count(project, isGood);
  }
}

function runJest(project) {
  const log = project === 'unit' ? 'inherit' : openSync(join(scratch, `${project}.log`), 'w');
  const report = ['--json', '--outputFile', join(scratch, `${project}.json`)];
  const inBand = project === 'unit' ? [] : ['--runInBand'];
  const args = ['jest', '--selectProjects', project, ...report, ...inBand];
  return new Promise((resolve) => {
    const child = spawn('npx', args, { stdio: ['inherit', log, log] });
    child.once('close', (code) => {
      if (log !== 'inherit') closeSync(log);
      resolve(code === 0);
    });
  });
}

/** Counts each test; a suite that could not even start counts as one failure. */
function count(project, isGood) {
  try {
    const result = JSON.parse(readFileSync(join(scratch, `${project}.json`), 'utf8'));
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
await jest('unit tests', 'unit');
if (!isFast) {
  await jest('integration tests', 'integration', 'processes');
  step('the scripted demo', process.execPath, ['scripts/run.js', 'demo', '--script']);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
