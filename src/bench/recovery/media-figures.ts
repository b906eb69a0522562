/** What callers on streams noticed of kills, as figures. Pure. */
import type { Goal } from '../report-lines.ts';
import { cells, shown } from '../report-lines.ts';
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { Doing } from './media-caller.ts';
import type { DoneMediaKill, MediaHit, MediaVictim } from './media-kills.ts';

export interface MediaKillFigures {
  victim: MediaVictim;
  /** What callers were doing when it was killed. */
  doing: Doing;
  /** Kills that hit anybody so. */
  kills: number;
  /** Callers who lost their stream. */
  lost: number;
  /** Callers who were on the line then and kept it. */
  kept: number;
  /** From the kill to the first sound of the next stream, in milliseconds; infinity: it never came. */
  silence: Summary;
}

export interface MediaPartFigures {
  streams: number;
  planned: number;
  kills: number;
  notBack: number;
  calls: number;
  byKill: MediaKillFigures[];
  /** Sentences that a lost stream has cut off. */
  cutSentences: number;
  /** Whole sentences that were not heard of, and were said again. */
  saidAgain: number;
}

/** What is known of the part. */
export interface DoneMediaPart {
  streams: number;
  planned: number;
  kills: DoneMediaKill[];
  calls: number;
  cutSentences: number;
  saidAgain: number;
}

const SILENCE_MS = 3_000;

export function mediaFigures({ kills, ...part }: DoneMediaPart): MediaPartFigures {
  return {
    ...part,
    kills: kills.length,
    notBack: kills.filter(({ isBack }) => !isBack).length,
    byKill: byKill(kills),
  };
}

function byKill(kills: readonly DoneMediaKill[]): MediaKillFigures[] {
  const groups = new Map<string, { hits: MediaHit[]; kills: Set<number> }>();
  for (const { atMs, hits } of kills) {
    for (const hit of hits) {
      const key = `${hit.victim} ${hit.doing}`;
      const group = groups.get(key) ?? { hits: [], kills: new Set() };
      group.hits.push(hit);
      group.kills.add(atMs);
      groups.set(key, group);
    }
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const [first] = group.hits;
      if (!first) return [];
      const { victim, doing } = first;
      const lost = group.hits.filter(({ isLost }) => isLost);
      const silence = summarize(lost.map(({ silenceMs }) => silenceMs ?? Infinity));
      const kept = group.hits.length - lost.length;
      return [{ victim, doing, kills: group.kills.size, lost: lost.length, kept, silence }];
    });
}

export function mediaGoals(figures: MediaPartFigures | null): Goal[] {
  const of = (doing: Doing) =>
    figures?.byKill.find((each) => each.victim === 'media' && each.doing === doing);
  const workers = figures?.byKill.filter(({ victim }) => victim === 'worker');
  const silence = (name: string, doing: Doing): Goal => ({
    name: `media worker killed ${name}, sound again p95`,
    value: of(doing)?.silence.p95 ?? null,
    limit: SILENCE_MS,
    unit: 'ms',
  });
  return [
    silence("in the caller's sentence", 'speaking'),
    silence("in the assistant's", 'hearing'),
    silence('between', 'neither'),
    {
      name: 'streams lost when a call worker was killed',
      value:
        workers === undefined || workers.length === 0
          ? null
          : workers.reduce((sum, { lost }) => sum + lost, 0),
      limit: 0,
    },
  ];
}

const DOING: Record<Doing, string> = {
  speaking: "in the caller's sentence",
  hearing: "in the assistant's",
  neither: 'between',
};
const VICTIM: Record<MediaVictim, string> = {
  media: 'media worker',
  both: 'both media workers',
  api: 'api',
  worker: 'call worker',
};

export function mediaLines(figures: MediaPartFigures | null): string[] {
  if (!figures) return [];
  const { kills, planned, streams, calls, cutSentences, saidAgain, notBack } = figures;
  const head = ['kills', 'kept', 'lost', 'p50', 'p95', 'max'];
  return [
    `${kills} of ${planned} planned kills under ${streams} streams at any time, ${calls} calls. How long nothing was`,
    'heard by those who lost their stream, in seconds, from the kill to the first sound of the next one:',
    wide('', head),
    ...figures.byKill.map((each) => {
      const { p50, p95, max } = each.silence;
      const counts = [each.kills, each.kept, each.lost].map(String);
      const name = `${VICTIM[each.victim]} ${DOING[each.doing]}`;
      return wide(name, [...counts, ...[p50, p95, max].map(seconds)]);
    }),
    `Sentences that a lost stream has cut off: ${cutSentences}; whole ones that were said again: ${saidAgain}.`,
    ...(notBack > 0 ? [`${notBack} times a process did not come back in time.`] : []),
    '',
  ];
}

const NAME_WIDTH = 46;

function wide(name: string, values: readonly string[]): string {
  return name.padEnd(NAME_WIDTH) + cells('', values).slice(24);
}

function seconds(ms: number | null): string {
  if (ms === Infinity) return 'never';
  return ms === null ? '–' : shown(ms / 1000, 2);
}
