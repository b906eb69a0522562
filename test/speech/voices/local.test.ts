/** The voices of this machine: flite and espeak-ng where they are installed, and programs that misbehave. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mulawMs } from '../../../src/audio/mulaw.ts';
import { CaptionReader } from '../../../src/captions/index.ts';
import { DemoVoice } from '../../../src/speech/voices/demo.ts';
import {
  findLocalPrograms,
  forProgram,
  invocationFor,
} from '../../../src/speech/voices/local-programs.ts';
import { LocalVoice } from '../../../src/speech/voices/local.ts';
import { Slots } from '../../../src/speech/voices/slots.ts';
import {
  CLAUSE,
  conformance,
  failure,
  nothingHeld,
  options,
  spoken,
} from '../voice-conformance.ts';

const installed = findLocalPrograms(process.env.PATH ?? '');
const ON_LINUX = existsSync('/proc/self/task');

/** Processes that this one has started and that are not gone. */
function children(): number {
  if (!ON_LINUX) return 0;
  return readdirSync('/proc/self/task').reduce((sum, task) => {
    const file = `/proc/self/task/${task}/children`;
    if (!existsSync(file)) return sum;
    return sum + readFileSync(file, 'utf8').split(' ').filter(Boolean).length;
  }, 0);
}

async function underTest(voice: LocalVoice | DemoVoice) {
  return await Promise.resolve({ voice, held: children, close: () => Promise.resolve() });
}

const PATIENT = { firstMs: 20_000, stallMs: 20_000, wholeMs: 60_000 };

for (const name of ['flite', 'espeak-ng'] as const) {
  const programs = installed.filter((each) => each.name === name);
  if (programs.length === 0) {
    process.stderr.write(`\n*** ${name} is not installed: its voice is NOT tested here ***\n\n`);
    continue;
  }
  conformance(name, () => underTest(new LocalVoice({ programs, patience: PATIENT })));

  test(`${name} leaves no file behind`, async () => {
    const ours = () => readdirSync(tmpdir()).filter((each) => /^voca-.*\.wav$/.test(each));
    await spoken(new LocalVoice({ programs, patience: PATIENT }), CLAUSE);
    expect(ours()).toEqual([]);
  });
}

conformance('tones', () => underTest(new DemoVoice()));
if (installed.length > 0) {
  const local = new LocalVoice({ programs: installed, patience: PATIENT });
  conformance('the demo with a local voice', () => underTest(new DemoVoice(local)));
}

describe('the demo', () => {
  test('is understood to the word', async () => {
    const { audio } = await spoken(new DemoVoice(), CLAUSE);
    expect(
      new CaptionReader()
        .read(audio)
        .map(({ word }) => word)
        .join(' '),
    ).toBe(CLAUSE);
  });

  test('pauses where the text does', async () => {
    const length = async (text: string) => (await spoken(new DemoVoice(), text)).audio.length;
    expect(await length('Yes, no')).toBeGreaterThan(await length('Yes no'));
    expect(await length('Yes. No')).toBeGreaterThan(await length('Yes, no'));
  });

  test('asks its local voice once for what it says again, and not for ever', async () => {
    let asked = 0;
    const local = {
      name: 'counted',
      abilities: { streaming: false },
      async *speak() {
        asked += 1;
        yield await Promise.resolve(new Uint8Array(900_000).fill(0x80));
      },
    };
    const voice = new DemoVoice(local);
    await spoken(voice, 'one');
    await spoken(voice, 'one');
    expect(asked).toBe(1);
    await spoken(voice, 'one', { language: 'de-DE' });
    expect(asked).toBe(2);
    for (const text of ['two', 'three', 'four', 'five']) await spoken(voice, text);
    await spoken(voice, 'one');
    expect(asked).toBe(7);
  });

  test('speaks in tones when its local voice fails', async () => {
    const broken = new LocalVoice({ programs: [{ name: 'flite', path: '/nowhere/flite' }] });
    const { audio } = await spoken(new DemoVoice(broken), CLAUSE);
    expect(mulawMs(audio.length)).toBeGreaterThan(1_000);
  });
});

describe('programs', () => {
  let folder: string;
  const program = async (name: 'flite' | 'espeak-ng', script: string): Promise<LocalVoice> => {
    const path = join(folder, `${name}-${Math.random()}`);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o700);
    return new LocalVoice({
      programs: [{ name, path }],
      patience: script.includes('sleep') ? { ...PATIENT, firstMs: 1_000 } : PATIENT,
    });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voca-programs-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test.each<['flite' | 'espeak-ng', string, string]>([
    ['espeak-ng', 'exit 1', 'refused'],
    ['espeak-ng', 'kill -9 $$', 'unavailable'],
    ['espeak-ng', 'echo canary', 'bad-answer'],
    ['espeak-ng', ':', 'bad-answer'],
    ['espeak-ng', 'exec sleep 60', 'timeout'],
    ['espeak-ng', 'exec cat /dev/zero', 'bad-answer'],
    ['flite', 'exit 1', 'refused'],
    ['flite', ':', 'bad-answer'],
    ['flite', 'head -c 5000000 /dev/zero >&3', 'bad-answer'],
    ['flite', 'exec sleep 60', 'timeout'],
  ])('%s that does "%s" is %s', async (name, script, kind) => {
    expect(await failure(await program(name, script))).toMatchObject({ kind });
    await nothingHeld({ held: children });
  });

  test('is killed when the clause is not wanted any more', async () => {
    const voice = await program('espeak-ng', 'exec sleep 60');
    const stop = new AbortController();
    const first = voice.speak(CLAUSE, options({ signal: stop.signal })).next();
    setTimeout(() => stop.abort(), 200);
    await expect(first).rejects.toMatchObject({ kind: 'timeout' });
    await nothingHeld({ held: children });
  });

  test('is given nothing of our environment, and the words by its standard input alone', async () => {
    process.env.CANARY_OF_A_KEY = 'canary';
    const file = join(folder, 'seen');
    const voice = await program('espeak-ng', `{ env; echo "$@"; echo; cat; } > ${file}`);
    await failure(voice);
    delete process.env.CANARY_OF_A_KEY;
    const [before = '', words = ''] = readFileSync(file, 'utf8').split('\n\n');
    expect(before).not.toMatch(/canary/i);
    expect(words).toContain('canaryword');
  });

  test('does not run more often at a time than there are slots, and in order', async () => {
    const slots = new Slots(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const signal = new AbortController().signal;
    await Promise.all(
      Array.from({ length: 9 }, async (_, at) => {
        const giveBack = await slots.take(signal);
        order.push(at);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running -= 1;
        giveBack();
      }),
    );
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('who stops waiting for a slot takes none', async () => {
    const slots = new Slots(1);
    const giveBack = await slots.take(new AbortController().signal);
    const stop = new AbortController();
    const waiting = slots.take(stop.signal);
    const next = slots.take(new AbortController().signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    giveBack();
    (await next)();
    expect(slots.queued).toBe(0);
    (await slots.take(new AbortController().signal))();
  });
});

describe('how programs are started', () => {
  const both = [
    { name: 'flite' as const, path: '/a/flite' },
    { name: 'espeak-ng' as const, path: '/a/espeak-ng' },
  ];

  test.each<[string | undefined, string, string | undefined]>([
    [undefined, 'en-US', '/a/flite -voice slt'],
    [undefined, 'de-DE', '/a/espeak-ng -v de'],
    [undefined, 'pt-BR', '/a/espeak-ng -v pt-br'],
    [undefined, 'zh-CN', '/a/espeak-ng -v cmn'],
    ['flite/kal16', 'en-GB', '/a/flite -voice kal16'],
    ['espeak-ng', 'en-GB', '/a/espeak-ng -v en-gb'],
    ['espeak-ng/en-us', 'de-DE', '/a/espeak-ng -v en-us'],
    ['flite', 'de-DE', undefined],
    [undefined, '--help', '/a/espeak-ng -v'],
  ])('%s for %s', (voice, language, expected) => {
    const made = invocationFor(both, voice, language);
    const line = made && [made.path, ...made.args.slice(0, 2)].join(' ');
    expect(line?.slice(0, expected?.length)).toBe(expected);
    expect(made?.args[1]?.startsWith('-')).not.toBe(true);
  });

  test('flite is given what it can read', () => {
    const flite = invocationFor(both, 'flite', 'en-US')!;
    expect(forProgram(flite, 'It’s café – 5 €')).toBe("It's cafe - 5  euros ");
  });

  test('what flite cannot read is refused, and not passed over in silence', async () => {
    const voice = new LocalVoice({ programs: [both[0]!] });
    expect(await failure(voice, {}, '你好')).toMatchObject({ kind: 'refused' });
  });

  test('relative folders of PATH are left out', () => {
    expect(findLocalPrograms('.:bin:')).toEqual([]);
  });
});
