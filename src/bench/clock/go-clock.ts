/**
 * What must change in Go's own sources for a program whose clock goes faster: `time.Now`, and how long
 * timers, tickers and sleeps wait. Deadlines of sockets stay out of it: they come late by the faster clock. Only
 * for programs of benchmarks, and only through `go build -overlay`: the Go of the machine stays as it is. Pure.
 */

/** A text of the source, which must be there exactly once, and what stands for it. */
type Edit = readonly [from: string, to: string];

/** Go's sources have another shape than expected; the message says where. */
export class UnknownGo extends Error {
  override readonly name = 'UnknownGo';
}

/** The files that change, relative to the folder `src` of a GOROOT. */
export const CLOCK_FILES = [
  'time/time.go',
  'time/sleep.go',
  'time/tick.go',
  'runtime/time.go',
] as const;
export type ClockFile = (typeof CLOCK_FILES)[number];

/** Changes when any of the edits does. */
export function editsText(times: number): string {
  return JSON.stringify(editsOf(times));
}

/**
 * @param times how many times as fast the clock goes, a whole number from 2
 * @throws UnknownGo
 */
export function hastened(file: ClockFile, source: string, times: number): string {
  return editsOf(times)[file].reduce((text, [from, to]) => {
    const parts = text.split(from);
    if (parts.length !== 2) {
      throw new UnknownGo(
        `${file} of this Go is not as expected: "${from}" (${parts.length - 1}×)`,
      );
    }
    return parts.join(to);
  }, source);
}

/** From the start of the program on; a wait of no time at all would be another thing than a short one. */
function editsOf(times: number): Record<ClockFile, readonly Edit[]> {
  // Rounded up, and without a sum that the longest time would not fit in.
  const shorter = (ns: string) => `((${ns}-1)/${times}+1)`;
  const sinceStart = 'runtimeNano()-startNano';
  return {
    'time/time.go': [
      ['sec, nsec, mono := runtimeNow()', 'sec, nsec, mono := hastenedNow()'],
      [`subMono(${sinceStart}, t.ext)`, `subMono((${sinceStart})*${times}, t.ext)`],
      [`subMono(t.ext, ${sinceStart})`, `subMono(t.ext, (${sinceStart})*${times})`],
      ['\nfunc unixTime(', `\n${hastenedNow(times)}\nfunc unixTime(`],
    ],
    'time/sleep.go': [['runtimeNano() + int64(d)', `runtimeNano() + ${shorter('int64(d)')}`]],
    'time/tick.go': [
      ['int64(d), sendTime', `${shorter('int64(d)')}, sendTime`],
      ['when(d), int64(d))', `when(d), ${shorter('int64(d)')})`],
    ],
    'runtime/time.go': [
      [
        'func timeSleep(ns int64) {\n',
        `func timeSleep(ns int64) {\n\tif ns > 0 {\n\t\tns = ${shorter('ns')}\n\t}\n`,
      ],
    ],
  };
}

function hastenedNow(times: number): string {
  return `func hastenedNow() (sec int64, nsec int32, mono int64) {
	sec, nsec, mono = runtimeNow()
	ahead := (mono - startNano) * ${times - 1}
	total := int64(nsec) + ahead
	return sec + total/1e9, int32(total % 1e9), mono + ahead
}
`;
}
