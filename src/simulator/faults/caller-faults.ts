/** Callers who hang up at the worst moment: they watch the truth log for it. */
import { sleepReal } from '../clock.ts';
import type { TruthEntry, TruthLog } from '../truth-log.ts';
import type { CallerFault, Moment } from './fault-script.ts';

type HangUp = Extract<CallerFault, { do: 'hang-up' }>;

/** What the story of one call has come to. */
interface Story {
  /** Questions asked, utterances and posts so far. */
  questions: number;
  spoken: number;
  posts: number;
  heard: number;
  /** The kind of document that a request was answered with. */
  documents: Map<string, 'leads-on' | 'ends' | 'listens'>;
  hasHungUp: boolean;
}

export interface CallerFaultParts {
  log: TruthLog;
  /** They may become more. */
  faults: () => readonly HangUp[];
  callNumber: (callSid: string) => number;
  hangUp: (callSid: string) => void;
  note: (callSid: string, detail: string) => void;
}

/** Watches until the returned function is called. */
export function watchForHangUps(parts: CallerFaultParts): () => void {
  const stories = new Map<string, Story>();
  return parts.log.subscribe((entry) => {
    const { callSid } = entry;
    if (callSid === undefined || entry.kind === 'fault') return;
    const story = stories.get(callSid) ?? newStory();
    stories.set(callSid, story);
    const moments = momentsOf(entry, story);
    const number = parts.callNumber(callSid);
    const fault = parts
      .faults()
      .find(
        ({ call, moment, turn = 1 }) =>
          (call === undefined || call === number) &&
          moments.some((each) => each.moment === moment && each.turn === turn),
      );
    if (!fault || story.hasHungUp) return;
    story.hasHungUp = true;
    void hangUp(parts, callSid, fault);
  });
}

async function hangUp(parts: CallerFaultParts, callSid: string, fault: HangUp): Promise<void> {
  const { moment, turn = 1, afterMs = 0 } = fault;
  // Always behind what is being written down just now.
  await (afterMs === 0 ? Promise.resolve() : sleepReal(afterMs));
  parts.note(callSid, `${moment} of turn ${turn}, ${afterMs} ms later`);
  parts.hangUp(callSid);
}

function newStory(): Story {
  return {
    questions: 0,
    spoken: 0,
    posts: 0,
    heard: 0,
    documents: new Map(),
    hasHungUp: false,
  };
}

/** The moments that an entry is, and of which turn. What belongs to no turn is of the first. */
function momentsOf(entry: TruthEntry, story: Story): { moment: Moment; turn: number }[] {
  switch (entry.kind) {
    case 'request': {
      if (entry.purpose === 'voice') return [{ moment: 'ringing', turn: 1 }];
      const isFirst = entry.attempt === 1 && entry.sending === 1;
      if (entry.purpose === 'action' && isFirst) {
        story.posts += 1;
        return [{ moment: 'posting', turn: story.posts }];
      }
      return entry.purpose === 'redirect' ? [{ moment: 'waiting', turn: story.posts }] : [];
    }
    case 'response': {
      story.documents.set(entry.requestId, documentKind(entry.body));
      return entry.purpose === 'action' ? [{ moment: 'answered', turn: story.posts }] : [];
    }
    case 'heard': {
      story.heard += 1;
      return heardMoments(story, story.documents.get(entry.requestId ?? ''));
    }
    case 'listening': {
      if (entry.state === 'closed') return [];
      story.questions += 1;
      return [{ moment: 'listening', turn: story.questions }];
    }
    case 'spoke': {
      if (!entry.heard) return [];
      story.spoken += 1;
      return [{ moment: 'speaking', turn: story.spoken }];
    }
    default:
      return [];
  }
}

function heardMoments(
  { heard, posts }: Story,
  document: 'leads-on' | 'ends' | 'listens' | undefined,
): { moment: Moment; turn: number }[] {
  const turn = Math.max(1, posts);
  if (heard === 1 && document !== 'leads-on') return [{ moment: 'greeting', turn: 1 }];
  if (document === 'leads-on') return [{ moment: 'filler', turn }];
  const goodbye = { moment: 'goodbye' as const, turn: 1 };
  const reply = { moment: 'reply' as const, turn };
  return document === 'ends' ? [goodbye, reply] : [reply];
}

function documentKind(twiml: string): 'leads-on' | 'ends' | 'listens' {
  if (twiml.includes('<Redirect')) return 'leads-on';
  return twiml.includes('<Gather') ? 'listens' : 'ends';
}
