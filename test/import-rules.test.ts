/** The import rules of ARCHITECTURE.md, proved by planting a violation of each. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

interface Plant {
  file: string;
  line: string;
  allowed: boolean;
}

const refused = (file: string, from: string): Plant => ({
  file,
  line: `import { x } from '${from}'; export const y = x;`,
  allowed: false,
});
const allowed = (file: string, from: string): Plant => ({ ...refused(file, from), allowed: true });
const calls = (file: string, isAllowed: boolean): Plant => ({
  file,
  line: `export const y = fetch('https://example.com/');`,
  allowed: isAllowed,
});
const typeAllowed = (file: string, from: string): Plant => ({
  file,
  line: `import type { X } from '${from}'; export type Y = X;`,
  allowed: true,
});

const PLANTS: Plant[] = [
  refused('workflows/a.ts', 'zod'),
  refused('workflows/b.ts', 'node:fs'),
  refused('workflows/c.ts', '@temporalio/worker'),
  refused('workflows/d.ts', '@temporalio/client'),
  refused('workflows/e.ts', '../src/ids.ts'),
  refused('workflows/f.ts', '../activities/index.ts'),
  refused('workflows/rules/g.ts', '../../activities/ports.ts'),
  allowed('workflows/h.ts', '@temporalio/workflow'),
  allowed('workflows/i.ts', './rules/keys.ts'),
  typeAllowed('workflows/j.ts', '../activities/index.ts'),
  refused('activities/a.ts', '@temporalio/client'),
  refused('activities/b.ts', '@temporalio/worker'),
  refused('activities/c.ts', '../src/http/app.ts'),
  refused('activities/d.ts', '../src/twilio/rest.ts'),
  typeAllowed('activities/e.ts', '../src/twilio/rest.ts'),
  allowed('activities/f.ts', '@temporalio/activity'),
  ...['orchestrator', 'twilio', 'db', 'embedded', 'simulator', 'supervisor'].flatMap((leaf) => [
    refused(`src/${leaf}/a.ts`, `../${leaf === 'db' ? 'twilio' : 'db'}/index.ts`),
    refused(`src/${leaf}/b.ts`, '../call-gateway.ts'),
    refused(`src/${leaf}/c.ts`, '../../workflows/contract.ts'),
    refused(`src/${leaf}/d.ts`, '../http/app.ts'),
    typeAllowed(`src/${leaf}/e.ts`, '../../workflows/contract.ts'),
    refused(`src/${leaf}/f.ts`, '../drill/index.ts'),
  ]),
  ...['captions', 'audio'].flatMap((leaf) => [
    refused(`src/${leaf}/a.ts`, '../config.ts'),
    refused(`src/${leaf}/b.ts`, '../simulator/index.ts'),
    refused(`src/${leaf}/c.ts`, '../../workflows/contract.ts'),
    allowed(`src/${leaf}/d.ts`, './other.ts'),
    allowed(`src/simulator/of-${leaf}.ts`, `../${leaf}/index.ts`),
    allowed(`src/speech/of-${leaf}.ts`, `../${leaf}/index.ts`),
  ]),
  refused('src/sealing/a.ts', '../config.ts'),
  refused('src/sealing/b.ts', '../../workflows/contract.ts'),
  allowed('src/sealing/c.ts', '@temporalio/common'),
  allowed('src/event-stream/a.ts', '../db/listener.ts'),
  refused('src/event-stream/b.ts', '../http/app.ts'),
  refused('src/event-stream/c.ts', '../temporal/connection.ts'),
  refused('src/event-stream/d.ts', '../../workflows/contract.ts'),
  refused('src/vendors/a.ts', '../orchestrator/index.ts'),
  refused('src/vendors/b.ts', '../speech/speech-error.ts'),
  refused('src/vendors/c.ts', '../../workflows/contract.ts'),
  refused('src/vendors/d.ts', '../config.ts'),
  allowed('src/orchestrator/vendor.ts', '../vendors/vendor-error.ts'),
  allowed('src/speech/vendor.ts', '../vendors/vendor-error.ts'),
  allowed('src/speech/a.ts', '../captions/index.ts'),
  allowed('src/speech/recognisers/b.ts', '../../audio/wav.ts'),
  refused('src/speech/c.ts', '../orchestrator/index.ts'),
  refused('src/speech/d.ts', '../media/line.ts'),
  refused('src/speech/e.ts', '../config.ts'),
  refused('src/speech/recognisers/f.ts', '../../../workflows/assistant.ts'),
  typeAllowed('src/speech/g.ts', '../../workflows/assistant.ts'),
  calls('src/speech/raw.ts', true),
  refused('src/safe-fetch/a.ts', '../config.ts'),
  refused('src/safe-fetch/b.ts', '../sealing/index.ts'),
  allowed('src/safe-fetch/c.ts', 'undici'),
  ...['activities', 'src', 'src/webhooks', 'src/http/api', 'src/http', 'src/db'].flatMap(
    (place) => [
      refused(`${place}/raw-a.ts`, 'undici'),
      refused(`${place}/raw-b.ts`, 'node:http'),
      refused(`${place}/raw-c.ts`, 'node:https'),
      refused(`${place}/raw-d.ts`, 'https'),
      typeAllowed(`${place}/raw-e.ts`, 'node:http'),
      calls(`${place}/raw-f.ts`, false),
    ],
  ),
  refused('src/temporal/raw.ts', 'undici'),
  calls('src/orchestrator/raw.ts', true),
  refused('src/http/a.ts', '../orchestrator/index.ts'),
  refused('src/http/b.ts', '../db/pool.ts'),
  refused('src/http/c.ts', '../../activities/index.ts'),
  refused('src/http/d.ts', '../worker.ts'),
  refused('src/http/g.ts', '../drill/index.ts'),
  allowed('src/http/api/a.ts', '../../db/pool.ts'),
  refused('src/http/api/b.ts', '../../orchestrator/index.ts'),
  refused('src/http/api/c.ts', '../../../activities/index.ts'),
  typeAllowed('src/http/api/d.ts', '../../../activities/ports.ts'),
  allowed('src/http/e.ts', '../call-gateway.ts'),
  refused('src/http/h.ts', '../call-questions.ts'),
  allowed('src/http/f.ts', '../twilio/twiml.ts'),
  refused('src/media/a.ts', '../http/app.ts'),
  refused('src/media/b.ts', '../db/pool.ts'),
  refused('src/media/c.ts', '../call-gateway.ts'),
  refused('src/media/z.ts', '../call-questions.ts'),
  refused('src/media/session/d.ts', '../../../activities/index.ts'),
  typeAllowed('src/media/session/e.ts', '../../../activities/ports.ts'),
  allowed('src/media/f.ts', '../stream-gateway.ts'),
  allowed('src/media/g.ts', '../speech/index.ts'),
  allowed('src/media/h.ts', '../orchestrator/index.ts'),
  refused('src/media/turns/a.ts', '../line.ts'),
  refused('src/media/turns/rules/b.ts', '../../playback/index.ts'),
  refused('src/media/turns/rules/c.ts', '../../../speech/stt.ts'),
  refused('src/media/turns/d.ts', 'node:timers'),
  allowed('src/media/turns/rules/e.ts', '../state.ts'),
  allowed('src/media/turns/rules/f.ts', '../../../../workflows/rules/keys.ts'),
  typeAllowed('src/media/turns/g.ts', '../../../activities/ports.ts'),
  refused('src/cli/a.ts', '../orchestrator/index.ts'),
  refused('src/cli/b.ts', '../http/app.ts'),
  allowed('src/cli/c.ts', '../call-manager.ts'),
  refused('src/call-gateway.ts', './http/app.ts'),
  refused('src/call-questions.ts', './http/app.ts'),
  refused('src/call-manager.ts', './db/pool.ts'),
  refused('src/temporal/a.ts', '../../activities/index.ts'),
];

describe('the import rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'voca-imports-'));
  let complaints: string;

  beforeAll(() => {
    copyFileSync('.oxlintrc.json', join(folder, '.oxlintrc.json'));
    for (const { file, line } of PLANTS) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${line}\n`);
    }
    const oxlint = resolve('node_modules/oxlint/bin/oxlint');
    const run = spawnSync(process.execPath, [oxlint, '--format=unix', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    complaints = run.stdout
      .split('\n')
      .filter((line) => /no-restricted-(imports|globals)/.test(line))
      .join('\n');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(PLANTS)('$file with "$line" is allowed: $allowed', ({ file, allowed: isAllowed }) => {
    expect(complaints.includes(`${file}:`)).toBe(!isAllowed);
  });
});
