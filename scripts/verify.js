/**
 * Everything that must hold. `--fast`: types, lint, format and unit tests; `--all`: also the tests
 * against a real PostgreSQL and a real Temporal, and the scripted demo in both modes.
 *
 * The last line is `N passed, N failed` over everything that ran: every test, and every other step
 * counted as one.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, setPriority, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { checkNode, install } from './install.js';

const cores = availableParallelism();
/** In a container its own, in bytes. */
const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);
/**
 * So many files of tests against servers run at a time, each with servers of its own: they mostly wait,
 * for processes, timers, servers and people who speak, and need a tenth to a half of a core meanwhile.
 * Each takes up to 2 GB of memory; as much is left for others.
 */
const FILES_AT_ONCE = Math.max(1, Math.min(4, 2 * cores, Math.floor(memory / 4e9)));
/** Unit tests wait, too: for timers, small servers, processes. Each of these takes up to 1.5 GB. */
const UNIT_FILES_AT_ONCE = Math.max(1, Math.min(1 + cores, Math.floor(memory / 3e9)));
/** Unit tests stand back behind the demo, which talks in real time. */
const STANDS_BACK = 5;

const isFast = process.argv.includes('--fast');
const scratch = mkdtempSync(join(tmpdir(), 'voca-verify-'));
const total = { passed: 0, failed: 0 };

/** @returns whether it went well. */
function run(command, args, { output = 'inherit', priority = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['inherit', output, output] });
    if (priority > 0 && child.pid !== undefined) setPriority(child.pid, priority);
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}

async function step(name, command, args) {
  console.log(`\n▸ ${name}`);
  const isGood = await timed(name, () => run(command, args));
  total[isGood ? 'passed' : 'failed'] += 1;
}

async function timed(name, act) {
  const startedAt = performance.now();
  const isGood = await act();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isGood ? '✓' : '✗'} ${name} (${seconds} s)`);
  return isGood;
}

async function jest(name, args, options) {
  const file = join(scratch, `${name}.json`);
  const report = ['--json', '--outputFile', file];
  const isGood = await run('npx', ['jest', ...args, ...report], options);
  count(file, isGood);
  return isGood;
}

/** Counts each test; a suite that could not even start counts as one failure. */
function count(file, isGood) {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    total.passed += result.numPassedTests;
    total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    if (!isGood && result.success) total.failed += 1;
  } catch {
    total.failed += 1;
  }
}

async function checks() {
  await step('types', 'npx', ['tsc', '--noEmit']);
  await step('types of the tests', 'npx', ['tsc', '-p', 'test']);
  await step('lint', 'npx', ['oxlint', '--type-aware', '--deny-warnings', '.']);
  await step('format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']);
}

async function unitTests(options) {
  const args = ['--selectProjects', 'unit', '--maxWorkers', String(UNIT_FILES_AT_ONCE)];
  await timed('unit tests', () => jest('unit', args, options));
}

/** What the tests say is shown behind it. */
async function unitTestsBesideTheDemos() {
  const logFile = join(scratch, 'unit.log');
  const log = openSync(logFile, 'w');
  await Promise.all([unitTests({ output: log, priority: STANDS_BACK }), demos()]);
  closeSync(log);
  console.log('\n▸ what the unit tests said');
  process.stdout.write(readFileSync(logFile));
}

async function demos() {
  const demo = ['scripts/run.js', 'demo', '--script'];
  await step('the scripted demo', process.execPath, demo);
  await step('the scripted demo over a stream', process.execPath, [...demo, '--mode', 'stream']);
}

async function integrationTests() {
  console.log('\n▸ integration tests');
  const projects = ['--selectProjects', 'integration', 'processes'];
  const args = [...projects, '--maxWorkers', String(FILES_AT_ONCE)];
  await timed('integration tests', () => jest('integration', args));
}

checkNode();
await install({ say: console.log });
await checks();
if (isFast) {
  console.log('\n▸ unit tests');
  await unitTests();
} else {
  await unitTestsBesideTheDemos();
  await integrationTests();
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
