import { ModelError, type Completion, type Prompt } from '../../../src/orchestrator/llm.ts';
import { SpokenClauses } from '../../../src/orchestrator/streaming/spoken-clauses.ts';

export interface Streamed {
  clauses: string[];
  /** Of the clauses together. */
  text: string;
  isBad: boolean;
  isOver: boolean;
}

/** The clauses of a text that comes in pieces of these lengths, over and over. */
export function streamText(
  text: string,
  {
    pieces = [1],
    prompt = {},
    ...rest
  }: Partial<Completion> & { pieces?: number[]; prompt?: Pick<Prompt, 'secret'> } = {},
): Streamed {
  const clauses: string[] = [];
  const spoken = new SpokenClauses(prompt, (clause) => void clauses.push(clause));
  let isBad = false;
  try {
    for (let at = 0, turn = 0; at < text.length; turn += 1) {
      const length = Math.max(1, pieces[turn % pieces.length] ?? 1);
      spoken.push(text.slice(at, at + length));
      at += length;
    }
    spoken.end({ text, end: false, model: 'm', ...rest });
  } catch (error) {
    if (!(error instanceof ModelError) || error.kind !== 'bad-answer') throw error;
    isBad = true;
  }
  return { clauses, text: spoken.text, isBad, isOver: spoken.isOver };
}
