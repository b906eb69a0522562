/** What goes into the image. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readText, ROOT } from './compose-files.ts';

interface Stage {
  base: string;
  name?: string;
  lines: string[];
}

const stages = stagesOf(readText('Dockerfile'));
const last = stages.at(-1)!;

/** Comments are left out, continued lines are joined. */
function stagesOf(text: string): Stage[] {
  const lines = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n/g, ' ');
  const found: Stage[] = [];
  for (const line of lines.split('\n').map((each) => each.trim())) {
    const from = /^FROM (\S+)(?: AS (\S+))?$/.exec(line);
    if (from) found.push({ base: from[1] ?? '', ...(from[2] && { name: from[2] }), lines: [] });
    else if (line !== '') found.at(-1)?.lines.push(line.replaceAll(/\s+/g, ' '));
  }
  return found;
}

const all = (instruction: string): string[] =>
  stages.flatMap(({ lines }) => lines.filter((line) => line.startsWith(`${instruction} `)));

/** What `COPY` takes from the folder of the project. */
function copied(): string[] {
  return all('COPY')
    .filter((line) => !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));
}

/** As Docker reads the file: the last pattern that fits decides. Only the forms that stand in ours. */
function isSent(path: string): boolean {
  const patterns = readText('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  let isIgnored = false;
  for (const line of patterns) {
    const pattern = line.replace(/^!/, '').replace(/\/$/, '');
    const source = pattern
      .replaceAll('.', '\\.')
      .replaceAll('**/', '(?:.+/)?')
      .replaceAll(/\*(?!\*)/g, '[^/]*');
    if (new RegExp(`^${source}(?:/|$)`).test(path)) isIgnored = !line.startsWith('!');
  }
  return !isIgnored;
}

describe('the Dockerfile', () => {
  test('builds on Debian with an exact version of Node, the same in every stage', () => {
    const bases = new Set(stages.map(({ base }) => base));
    expect(bases.size).toBe(1);
    expect([...bases][0]).toMatch(/^node:(20|22|24)\.\d+\.\d+-(bookworm|trixie)-slim$/);
  });

  test('runs as a user that is not root', () => {
    const users = last.lines.filter((line) => line.startsWith('USER '));
    expect(users).toEqual(['USER node']);
  });

  test('installs from the lockfile, and for the image nothing of development', () => {
    const installs = all('RUN').filter((line) => line.includes('npm '));
    expect(installs.every((line) => /\bnpm ci\b/.test(line))).toBe(true);
    const source = stages.find(({ name }) => name === 'dependencies');
    expect(source?.lines.join('\n')).toContain('ONNXRUNTIME_NODE_INSTALL=skip npm ci --omit=dev');
    expect(last.lines).toContain('COPY --from=dependencies /app/node_modules/ node_modules/');
    expect(last.lines.join('\n')).not.toContain('npm');
  });

  test('builds with the script of the project and takes over its result', () => {
    const build = stages.find(({ name }) => name === 'build');
    expect(build?.lines.at(-1)).toBe('RUN node scripts/build.js');
    expect(last.lines).toContain('COPY --from=build /app/dist/ dist/');
  });

  test('starts the roles without a shell between, so that signals arrive', () => {
    expect(last.lines).toContain('ENTRYPOINT ["node", "dist/src/main.js"]');
    expect(last.lines).toContain('CMD ["--role", "api"]');
    expect(last.lines).toContain('STOPSIGNAL SIGTERM');
  });

  test('copies what exists and what .dockerignore sends', () => {
    expect(copied().length).toBeGreaterThan(5);
    for (const path of copied()) {
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
      expect([path, isSent(path.replace(/\/$/, ''))]).toEqual([path, true]);
    }
  });

  test('takes in no secret', () => {
    expect(all('ADD')).toEqual([]);
    expect(all('ARG')).toEqual([]);
    expect(copied().filter((path) => path === '.' || /env|key|pem|secret/i.test(path))).toEqual([]);
    expect(all('ENV').join('\n')).not.toMatch(/TOKEN|SECRET|KEY|PASSWORD|DATABASE_URL/);
  });
});

describe('.dockerignore', () => {
  test.each([
    '.env',
    '.env.production',
    'src/.env',
    'node_modules',
    'node_modules/pg/index.js',
    'dist/src/main.js',
    '.git/config',
    'deploy/compose.env.example',
    'backup.dump',
  ])('keeps %s out', (path) => {
    expect(isSent(path)).toBe(false);
  });

  test.each(['src/main.ts', 'workflows/rules/state.ts', 'scripts/build.js', 'package-lock.json'])(
    'lets %s in',
    (path) => {
      expect(isSent(path)).toBe(true);
    },
  );
});
