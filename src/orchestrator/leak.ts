/**
 * Notices a model that recites its instructions to the caller.
 *
 * Our own frame is no caller's business, so a sentence of it is enough. The assistant's instructions
 * hold much that is to be said (opening hours, a price list, a greeting word for word), so there only a
 * long passage counts, and nothing that stands in quotation marks.
 */

/** Characters without white space, signs and case: some ten words. */
const FRAME_RUN = 60;
/** So many at the end of what was said, and it may become a recital of the frame. */
const SUSPECT_RUN = 30;
/** Half of all instructions, but at least some forty words, and never more than a menu read aloud. */
const INSTRUCTIONS_RUN = { share: 0.5, least: 220, most: 600 };
/** Of the answer, which is longer than anything that is spoken only when it is absurd anyway. */
const MAX_LOOKED_AT = 20_000;
/** At places where the same piece stands: a text of one letter must cost no time. */
const MAX_LOOKS = 50;

export interface Secret {
  frame: string;
  instructions: string;
}

export function leaksPrompt(text: string, secret: Secret): boolean {
  return new LeakWatch(secret).add(text.slice(0, MAX_LOOKED_AT));
}

/** The same for an answer that comes in parts: what the parts say together counts. */
export class LeakWatch {
  readonly #frame: string;
  readonly #secrets: { text: string; run: number }[];
  readonly #longestRun: number;
  #said = '';

  constructor({ frame, instructions }: Secret) {
    const own = bare(withoutQuotes(instructions));
    const { share, least, most } = INSTRUCTIONS_RUN;
    const run = Math.min(most, Math.max(least, Math.floor(own.length * share)));
    this.#frame = bare(frame);
    this.#secrets = [
      { text: this.#frame, run: FRAME_RUN },
      { text: own, run },
    ];
    this.#longestRun = Math.max(run, FRAME_RUN);
  }

  /** What was said ends like a passage of the frame: what follows shows whether it is one. */
  get isSuspect(): boolean {
    if (this.#said.length < SUSPECT_RUN) return false;
    return this.#frame.includes(this.#said.slice(-SUSPECT_RUN));
  }

  /** Whether the answer recites a secret when this is said, too; it counts as said then. */
  add(text: string): boolean {
    // What was said before leaks nothing by itself: of that, its end alone can be part of a run.
    this.#said = this.#said.slice(-this.#longestRun) + bare(text);
    return this.#secrets.some((secret) => sharesRun(this.#said, secret.text, secret.run));
  }
}

function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

function withoutQuotes(text: string): string {
  // What replaces a quotation matches nothing, so that no passage runs across it.
  return text.replace(
    /"[^"]{0,5000}"|“[^“”]{0,5000}”|«[^«»]{0,5000}»|„[^„“”]{0,5000}[“”]/gu,
    ' ꙮ ',
  );
}

/** Whether a run of so many characters occurs in both. */
function sharesRun(said: string, secret: string, length: number): boolean {
  if (said.length < length || secret.length < length) return false;
  // Pieces of half the length, side by side: a shared run holds at least one of them whole.
  const piece = Math.floor(length / 2);
  for (let at = 0; at + piece <= secret.length; at += piece) {
    const part = secret.slice(at, at + piece);
    let found = said.indexOf(part);
    for (let looks = 0; found !== -1 && looks < MAX_LOOKS; looks += 1) {
      if (runAround(said, secret, found, at) >= length) return true;
      found = said.indexOf(part, found + 1);
    }
  }
  return false;
}

function runAround(said: string, secret: string, inSaid: number, inSecret: number): number {
  let before = 0;
  while (inSaid - before > 0 && said[inSaid - before - 1] === secret[inSecret - before - 1]) {
    if (inSecret - before <= 0) break;
    before += 1;
  }
  let after = 0;
  while (
    inSaid + after < said.length &&
    inSecret + after < secret.length &&
    said[inSaid + after] === secret[inSecret + after]
  ) {
    after += 1;
  }
  return before + after;
}
