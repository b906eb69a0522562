import type { Heard } from '../../workflows/contract.ts';

/** How a model reads what was heard: speech as it is, everything else as a marked line. */
export function heardLine(heard: Heard): string {
  switch (heard.kind) {
    case 'speech':
      return heard.text;
    case 'keys':
      return `[the caller pressed ${heard.digits.split('').join(' ')}]`;
    case 'silence':
      return '[the caller said nothing]';
  }
}

const PRESSED =
  /^\s*\[?(?:the caller )?(?:pressed|keyed|keys?):?\s*([0-9*#](?:\s*[0-9*#])*)(?:\s*\])?\s*$/i;

/** The keys of a marked line, or undefined when the line is speech. */
export function pressedKeys(line: string): string | undefined {
  return PRESSED.exec(line)?.[1]?.replace(/\s/g, '');
}
