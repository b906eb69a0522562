/**
 * One phone call, from its first ring to its record.
 *
 * The state machine in `conversation.ts` decides; `call-run.ts` carries out what it decides. Webhooks
 * reach it through `src/call-gateway.ts`.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { LoadedAssistant } from '../activities/load-assistant.ts';
import type { CarriedCall } from './call-run.ts';
import { CallRun, streamRefused } from './call-run.ts';
import type { CallInput, EndReason, TurnKey } from './contract.ts';
import {
  beginUpdate,
  endUpdate,
  heardQuery,
  snapshotQuery,
  spokeSignal,
  statusSignal,
  turnUpdate,
} from './contract.ts';
import { attachUpdate, reconnectUpdate, shortStoryQuery, streamSignal } from './stream-contract.ts';
import { carriedState, hasHeard, isClosed, snapshotOf } from './conversation.ts';
import { findAssistant } from './find-assistant.ts';
import { answering, guarded } from './handlers.ts';
import { GREETING_KEY, parseKey } from './rules/keys.ts';
import { shortStory, turnCount } from './rules/memory.ts';
import { mayAttach } from './rules/streams.ts';
import { createShelter } from './shelter.ts';

/** Longer than the first webhook takes; shorter than anybody would notice. */
const GREETING_MS = 100;

export interface CallWorkflowInput extends CallInput {
  /** Who answers, when whoever starts the call has read that already. */
  found?: LoadedAssistant;
  /** Set only by the call itself, when it continues as new. */
  carried?: CarriedCall;
}

export interface CallOutcome {
  endReason?: EndReason;
  turns: number;
}

export async function call({ carried, found, ...start }: CallWorkflowInput): Promise<CallOutcome> {
  const run = new CallRun(start, carried);
  // A cancellation ends the call in order; it must not reach what is needed for that.
  const shelter = createShelter();
  handleMessages(run, shelter);
  endWhenCancelled(run, shelter);
  return shelter.run(async () => {
    if (carried) {
      run.dispatch({ type: 'time', at: Date.now() });
      run.resumeSession();
    } else run.begin(await findAssistant(start, found));
    void recordAfterGreeting(run);
    void run.sumUp();
    while (!isClosed(run.state)) {
      await condition(() => isClosed(run.state) || run.mayMove());
      if (!isClosed(run.state)) await moveOn(run, start);
    }
    await condition(() => allHandlersFinished() && run.isDone());
    const { endReason } = run.state;
    return { ...(endReason && { endReason }), turns: turnCount(run.state) };
  });
}

/** The first webhook is answered without the record in its way. */
async function recordAfterGreeting(run: CallRun): Promise<never> {
  await sleep(GREETING_MS, { summary: 'Greet first, record then' });
  return run.recorder.run();
}

function handleMessages(run: CallRun, shelter: CancellationScope): void {
  setHandler(
    spokeSignal,
    guarded(shelter, ({ key, heard }) =>
      run.dispatch({ type: 'spoke', key, heard, at: Date.now() }),
    ),
  );
  setHandler(
    statusSignal,
    guarded(shelter, (status) => run.dispatch({ type: 'status', status, at: Date.now() })),
  );
  setHandler(
    beginUpdate,
    answering(shelter, ({ callSid }) => {
      run.dispatch({ type: 'begun', callSid, at: Date.now() });
      return run.decidedStep(GREETING_KEY);
    }),
  );
  setHandler(
    turnUpdate,
    answering(shelter, (key) => run.decidedStep(key)),
    { validator: refuseBadKey },
  );
  setHandler(
    endUpdate,
    answering(shelter, async ({ message }) => {
      run.dispatch({ type: 'end-requested', message, at: Date.now() });
      await condition(() => run.hasBegun);
    }),
  );
  handleStreams(run, shelter);
  setHandler(snapshotQuery, () => snapshotOf(run.state));
  setHandler(shortStoryQuery, () => shortStory(run.state));
  setHandler(heardQuery, (key) => hasHeard(run.state, key));
}

function handleStreams(run: CallRun, shelter: CancellationScope): void {
  setHandler(
    attachUpdate,
    answering(shelter, async (request) => run.attach(request)),
    {
      // Before it is history: whoever has a token may try it as often as he likes.
      validator: (request) => {
        if (!mayAttach(run.state, request, Date.now())) throw streamRefused();
      },
    },
  );
  setHandler(
    reconnectUpdate,
    answering(shelter, async (request) => {
      await condition(() => run.hasBegun);
      return run.reconnect(request);
    }),
  );
  setHandler(
    streamSignal,
    guarded(shelter, (news) => run.dispatch({ type: 'stream-news', news, at: Date.now() })),
  );
}

/** "Request cancellation" in the Temporal UI means what an operator's end means. */
function endWhenCancelled(run: CallRun, shelter: CancellationScope): void {
  CancellationScope.current().cancelRequested.catch(
    guarded(shelter, () => run.dispatch({ type: 'end-requested', message: '', at: Date.now() })),
  );
}

/** Continues as new, with no handler open and nothing under way; else stays. */
async function moveOn(run: CallRun, start: CallInput): Promise<void> {
  run.isMoving = true;
  await condition(allHandlersFinished);
  if (run.mayMove()) {
    const { sequence, unsaved } = run.recorder;
    const carried = { state: carriedState(run.state), sequence, unsaved };
    await continueAsNew<typeof call>({ ...start, carried });
  }
  run.isMoving = false; // something has happened meanwhile
}

function refuseBadKey(key: TurnKey): void {
  if (!parseKey(key)) throw ApplicationFailure.nonRetryable('Not a turn key', 'BadTurnKey');
}
