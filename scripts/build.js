// Makes dist/: the compiled sources and the bundle of the workflows. Quick when nothing changed.
// Two builds at the same time wait for each other, and every file appears complete or not at all.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const SOURCES = ['src', 'workflows', 'activities'];
const OTHERS = ['tsconfig.json', 'package.json', 'package-lock.json', 'scripts/build.js'];
const LOCK_WAIT_MS = 300_000;
const run = promisify(execFile);

/** Where the compiled workflows of this checkout are. */
export const workflowBundle = join(dist, 'workflow-bundle.js');

/** Whether dist/ was made from the sources as they are now, or there are no sources beside it. */
export function isBuilt() {
  if (!existsSync(join(root, 'src'))) return existsSync(workflowBundle);
  return read(join(dist, '.stamp')) === sourceStamp() && existsSync(workflowBundle);
}

/**
 * Builds what is out of date.
 * @param {{ check?: boolean, say?: (line: string) => void }} [options] `check` also checks the
 *   types and fails on a fault; without it they are only taken away, which is faster
 */
export async function build({ check = false, say = () => undefined } = {}) {
  if (!check && isBuilt()) return;
  mkdirSync(dist, { recursive: true });
  const release = await lock(join(dist, '.lock'));
  try {
    if (!check && isBuilt()) return;
    say('Building VOCA ...');
    const stamp = sourceStamp();
    const next = join(dist, '.next');
    rmSync(next, { recursive: true, force: true });
    await compile(next, check);
    // A source that was removed must not stay runnable; files are replaced one by one, because
    // processes of this checkout may be running from dist/.
    for (const folder of SOURCES) moveInto(join(next, folder), join(dist, folder));
    rmSync(next, { recursive: true, force: true });
    await bundleWorkflows();
    writeFile(join(dist, '.stamp'), stamp);
  } finally {
    release();
  }
}

async function compile(outDir, check) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', root, '--outDir', outDir, ...(check ? [] : ['--noCheck'])];
  try {
    await run(process.execPath, args, { cwd: root, maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(`The sources do not compile:\n${error.stdout || error.message}`, {
      cause: error,
    });
  }
}

/**
 * The SDK takes a stack trace for every promise of a workflow, for its query `__stack_trace`, and keeps
 * it until the promise is settled: of every live call, dozens. Where the workflows prepare stack traces
 * themselves it keeps none, and looks none up in the source map, which took a third of the time of
 * workflow code. Its errors have no message. A real one's lines are those of the bundle. In front of it, so
 * that no module runs before.
 */
const OWN_STACKS =
  "Error.prepareStackTrace=(e,at)=>e.message===''?'':[String(e),...at].join('\\n    at ');";

/**
 * Fewer modules, and without what stands in for syntax that every supported Node knows: less memory, and
 * sooner there.
 */
function leaner(config) {
  for (const rule of config.module.rules) {
    if (rule.use?.options?.jsc) rule.use.options.jsc.target = 'es2022';
  }
  const optimization = { ...config.optimization, concatenateModules: true, usedExports: true };
  return { ...config, optimization };
}

/** Bundling takes a second, so it is left out when the workflows are the same. */
async function bundleWorkflows() {
  const entry = join(root, 'workflows', 'index.ts');
  const failures = ['bundled-failures.ts', 'sealed-failures.ts'].map((name) =>
    join(root, 'src', 'sealing', name),
  );
  const stampFile = join(dist, '.bundle-stamp');
  const sources = [...filesBelow(join(root, 'workflows')), ...failures];
  const others = ['package-lock.json', 'scripts/build.js'].map((name) => join(root, name));
  const stamp = stampOf([...sources, ...others]);
  if (existsSync(workflowBundle) && read(stampFile) === stamp) return;
  const require = createRequire(import.meta.url);
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const interceptors = ['trace-interceptor.ts', 'metrics-interceptor.ts'].map((name) =>
    join(root, 'workflows', name),
  );
  const quiet = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({
    workflowsPath: entry,
    // Given to a worker beside a finished bundle they would be left out without a word.
    workflowInterceptorModules: interceptors,
    failureConverterPath: failures[0],
    // For all calls of a worker, which would else each load their own; so no module holds state.
    preloadModules: [entry, ...interceptors, failures[0]],
    webpackConfigHook: leaner,
    logger: { ...quiet, log() {} },
  });
  writeFile(workflowBundle, OWN_STACKS + code);
  writeFile(stampFile, stamp);
}

function moveInto(from, to) {
  mkdirSync(to, { recursive: true });
  const fresh = new Set(filesBelow(from).map((file) => relative(from, file)));
  for (const file of fresh) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    renameSync(join(from, file), join(to, file));
  }
  for (const file of filesBelow(to)) if (!fresh.has(relative(to, file))) rmSync(file);
}

function sourceStamp() {
  const files = SOURCES.flatMap((folder) => filesBelow(join(root, folder)));
  return stampOf([...files, ...OTHERS.map((file) => join(root, file))]);
}

/** By content: times change with every copy and checkout. */
function stampOf(files) {
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const text = read(file) ?? '';
    hash.update(`${relative(root, file)}\0${text.length}\0${text}\n`);
  }
  return hash.digest('hex');
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function writeFile(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** A folder is the lock, the pid in it tells whether its owner still lives. */
async function lock(folder) {
  const end = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'pid'), String(process.pid));
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
    else if (Date.now() > end) throw new Error(`Another build holds ${folder} for too long.`);
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isAbandoned(folder) {
  const pid = Number(read(join(folder, 'pid')));
  if (!pid) {
    // Between making the folder and writing the pid lie microseconds.
    const madeMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    return Date.now() - madeMs > 5000;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build({ check: !process.argv.includes('--no-check'), say: console.log }).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
