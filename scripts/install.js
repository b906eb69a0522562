// Installs the dependencies when they are missing or not those of package-lock.json.
// Loads nothing outside of Node, so that it runs in a fresh clone.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_NEEDED = [20, 19];
/** Without a terminal npm says nothing until it is done. */
const LIFE_SIGN_MS = 15000;

/** Throws when this Node is too old to go on. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const [neededMajor, neededMinor] = NODE_NEEDED;
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  throw new Error(
    `VOCA needs Node ${NODE_NEEDED.join('.')} or newer; this is Node ${version} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org or with your version manager, and try again.',
  );
}

/**
 * Whether node_modules holds what package-lock.json names. Packages for other systems may be
 * missing, and so may those for development, unless `dev` asks for them.
 */
export function isInstalled({ dev = true, folder = root } = {}) {
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const found = packagesOf(join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted) return true;
  if (!found) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const there = found[path];
    if (there) return there.version === entry.version;
    return Boolean(entry.optional || entry.devOptional || (entry.dev && !dev));
  });
}

/** onnxruntime-node brings what it needs for a processor; its script would fetch what graphics cards need. */
const ENV = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };

/** Runs `npm ci` when it is needed. Throws when it fails. */
export async function install({ dev = true, say = () => undefined } = {}) {
  if (isInstalled({ dev })) return;
  say('Installing the dependencies (npm ci); this takes a minute ...');
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1000);
  const timer = setInterval(
    () => process.stderr.isTTY || say(`Still installing, ${seconds()} s ...`),
    LIFE_SIGN_MS,
  );
  try {
    await npmCi();
  } finally {
    clearInterval(timer);
  }
  say(`Installed the dependencies in ${seconds()} s.`);
}

function npmCi() {
  // Run by npm we use the same npm; otherwise the one on PATH.
  const own = process.env.npm_execpath;
  const useOwn = own !== undefined && /npm-cli\.c?js$/.test(own);
  const command = useOwn ? process.execPath : process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = [...(useOwn ? [own] : []), 'ci', '--include=optional', '--include=dev'];
  return new Promise((resolve, reject) => {
    const npm = spawn(command, args, {
      cwd: root,
      env: ENV,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    npm.once('error', (error) => reject(new Error(`npm cannot be started: ${error.message}`)));
    npm.once('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(
        new Error(
          `npm ci failed (${code ?? signal}); what it said is above.\n` +
            'Check the network and the disk, then run the same command again.',
        ),
      );
    });
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Promise.resolve()
    .then(() => checkNode())
    .then(() => install({ say: console.log }))
    .catch((error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
}
