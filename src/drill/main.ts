/** `npm run check:history -- LOGDIR`: see `command.ts`. */
import { checkCommand } from './command.ts';

process.exitCode = checkCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
