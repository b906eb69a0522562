// node scripts/run.js COMMAND [ARGUMENT...]: installs and builds what is missing, then runs the
// command in this process. Loads nothing outside of Node before that.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, isBuilt } from './build.js';
import { checkNode, install } from './install.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ENTRIES = {
  demo: ['demo', 'main.js'],
  start: ['main.js'],
  voca: ['cli', 'main.js'],
  bench: ['bench', 'main.js'],
  'check:history': ['drill', 'main.js'],
};

// What is said on the way goes to stderr: the output of a command belongs to the command.
const say = (line) => process.stderr.write(`${line}\n`);

/** @returns the file to run. */
async function prepare(command) {
  checkNode();
  const entry = Object.hasOwn(ENTRIES, command ?? '') ? ENTRIES[command] : undefined;
  if (!entry) {
    throw new Error(`Usage: node scripts/run.js ${Object.keys(ENTRIES).join('|')} [ARGUMENT...]`);
  }
  const built = isBuilt();
  await install({ dev: !built, say });
  if (!built) await build({ say });
  const file = join(root, 'dist', 'src', ...entry);
  if (!existsSync(file)) throw new Error(`This version of VOCA has no command "${command}".`);
  return file;
}

/** npm passes signals to nobody when it is killed, and then its command would run on unseen. */
function leaveWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM'); // our own: everything is stopped in order
  }, 500);
  timer.unref();
}

const [command, ...args] = process.argv.slice(2);
let file;
try {
  file = await prepare(command);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
leaveWithNpm();
process.argv = [process.execPath, file, ...args];
await import(pathToFileURL(file).href);
