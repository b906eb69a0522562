/** Runs one document: its verbs from top to bottom, until one of them leads elsewhere. */
import type { TwimlNode } from './twiml-parse.ts';
import { schemaWarnings } from './twiml-schema.ts';
import type { Outcome, Verb, VerbContext } from './verb-context.ts';
import { connect } from './verbs/connect.ts';
import { gather } from './verbs/gather.ts';
import { hangup } from './verbs/hangup.ts';
import { pause } from './verbs/pause.ts';
import { play } from './verbs/play.ts';
import { redirect } from './verbs/redirect.ts';
import { reject } from './verbs/reject.ts';
import { say } from './verbs/say.ts';

const VERBS: Readonly<Record<string, Verb>> = {
  Say: say,
  Play: play,
  Pause: pause,
  Gather: gather,
  Connect: connect,
  Redirect: redirect,
  Hangup: hangup,
  Reject: reject,
};

export interface RunContext extends VerbContext {
  isAnswered(): boolean;
  /** Picks an inbound call up; nothing happens when it is answered already. */
  answer(): void;
}

/** Runs it. A document that comes to its end ends the call, as an empty one does. */
export async function runDocument(context: RunContext): Promise<Outcome> {
  const { document, signal } = context;
  if (document.sound) {
    context.answer();
    await playAnswer(context);
    return { kind: 'hangup' };
  }
  let first = true;
  for (const node of document.verbs) {
    if (signal.aborted) return { kind: 'next' };
    const outcome = await runNode(node, context, first);
    if (outcome.kind !== 'next') return outcome;
    if (typeof node !== 'string') first = false;
  }
  context.answer();
  return { kind: 'hangup' };
}

async function runNode(node: TwimlNode, context: RunContext, first: boolean): Promise<Outcome> {
  if (typeof node === 'string') {
    if (node.trim() !== '') context.warn(12200, 'text between verbs');
    return { kind: 'next' };
  }
  for (const warning of schemaWarnings(node)) context.warn(12200, warning);
  const verb = VERBS[node.name];
  if (!verb) return { kind: 'next' };
  if (node.name === 'Reject') {
    if (first && !context.isAnswered()) return verb(node, context);
    context.warn(12200, 'Reject must be the first verb of an unanswered call');
    return { kind: 'next' };
  }
  // A leading Pause lets an inbound call ring on.
  if (!(first && node.name === 'Pause')) context.answer();
  return verb(node, context);
}

/** An answer that is not TwiML: an audio file, or plain text read aloud. */
async function playAnswer(context: RunContext): Promise<void> {
  const { document, line, signal, msPerCharacter } = context;
  if (!document.sound) return;
  const { source, text, bytes = 0 } = document.sound;
  const durationMs =
    source === 'text' ? text.length * msPerCharacter : soundMs(bytes, msPerCharacter);
  const place = { documentUrl: document.url, requestId: document.requestId };
  await line.play({ source, text, durationMs, ...place }, signal);
}

// Mu-law at 8 kHz; a rough guess for anything else.
const BYTES_PER_MS = 8;

/** How long a sound file plays; no time at all when speech takes none either. */
export function soundMs(bytes: number, msPerCharacter: number): number {
  return msPerCharacter === 0 ? 0 : bytes / BYTES_PER_MS;
}
