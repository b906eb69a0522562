/** What must not be found in a log, and every form in which it could stand there. */
import type { Evidence } from './evidence.ts';
import { postingsOf, callsOf } from './call-evidence.ts';
import { streamTalkOf } from './stream-evidence.ts';

/** So many words in a row, said in a call, are no chance. */
const WORDS_IN_A_ROW = 3;
/** Shorter runs of digits are ports, pids and times. */
const DIGITS = 7;
/** A number is also written without its country. */
const NATIONAL_DIGITS = 10;

export class Needles {
  readonly #secrets = new Map<string, string>();
  readonly #digits = new Map<string, string>();
  readonly #words = new Set<string>();
  readonly #phrases = new Set<string>();

  constructor(evidence: Evidence) {
    const { canaries } = evidence.run;
    for (const secret of canaries.secrets) this.#addSecret(secret);
    for (const number of canaries.numbers) this.#addDigits(number, 'a phone number');
    for (const word of canaries.words) for (const each of wordsOf(word)) this.#words.add(each);
    for (const call of callsOf(evidence)) {
      for (const entry of call.truth) {
        if (entry.kind !== 'call') continue;
        this.#addDigits(entry.from, 'a phone number');
        this.#addDigits(entry.to, 'a phone number');
      }
      const said = [...postingsOf(call), ...(streamTalkOf(call)?.utterances ?? [])];
      for (const { input, text } of said) {
        if (input === 'speech') this.#addPhrase(text);
        else this.#addDigits(text, 'pressed keys');
      }
      for (const entry of call.truth) {
        const token = entry.kind === 'stream' ? entry.parameters?.['token'] : undefined;
        if (token !== undefined) this.#addSecret(token);
      }
      for (const { reply } of call.turns) if (reply !== null) this.#addPhrase(reply);
    }
  }

  get count(): number {
    return this.#secrets.size + this.#digits.size + this.#words.size + this.#phrases.size;
  }

  /** What a line holds; it is named, not repeated. Also when it is escaped, encoded or spaced out. */
  findIn(line: string): string | undefined {
    for (const [form, name] of this.#secrets) if (line.includes(form)) return name;
    for (const form of formsOf(line)) {
      const digits = this.#findDigits(form);
      if (digits !== undefined) return digits;
      const words = wordsOf(form);
      for (let at = 0; at < words.length; at += 1) {
        if (this.#words.has(words[at] ?? '')) return `the word "${words[at]}"`;
        const phrase = words.slice(at, at + WORDS_IN_A_ROW).join(' ');
        if (this.#phrases.has(phrase)) return `the words "${phrase}"`;
      }
    }
    return undefined;
  }

  #findDigits(line: string): string | undefined {
    for (const [run] of line.matchAll(/\d(?:[ .()/_-]{0,3}\d){6,}/g)) {
      const digits = run.replace(/\D/g, '');
      for (const [needle, name] of this.#digits) if (digits.includes(needle)) return name;
    }
    return undefined;
  }

  #addSecret(secret: string): void {
    if (secret.length < 6) return;
    const bytes = Buffer.from(secret);
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('hex'),
    ];
    for (const form of forms) this.#secrets.set(form, 'a secret');
  }

  #addDigits(text: string, name: string): void {
    const digits = text.replace(/\D/g, '');
    if (digits.length < DIGITS) return;
    this.#digits.set(digits.slice(-NATIONAL_DIGITS), name);
  }

  #addPhrase(text: string): void {
    const words = wordsOf(text);
    for (let at = 0; at + WORDS_IN_A_ROW <= words.length; at += 1) {
      this.#phrases.add(words.slice(at, at + WORDS_IN_A_ROW).join(' '));
    }
  }
}

/** A line as it is, with JSON's escapes undone (twice: logs quote logs), and URL-decoded. */
function formsOf(line: string): string[] {
  const once = unescaped(line);
  const forms = new Set([line, once, unescaped(once), urlDecoded(line)]);
  return [...forms];
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/\\[nrt]/g, ' ')
    .replace(/\\(["\\/])/g, '$1');
}

function urlDecoded(text: string): string {
  if (!/%[0-9a-f]{2}|\+/i.test(text)) return text;
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
