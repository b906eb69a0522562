/**
 * The one door from webhooks into Temporal: begin, heard, next step, status.
 *
 * It keeps no state, so any api process can go on where another one died. Every method answers
 * within its budget, whatever Temporal does.
 */
import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { CallInput, Heard, StatusSignal, Step, TurnKey } from '../workflows/contract.ts';
import { FINAL_STATUSES } from '../workflows/contract.ts';
import { askAgainKey, GREETING_KEY } from '../workflows/rules/keys.ts';
import { asking, CallQuestions } from './call-questions.ts';
import type { GatewayOptions, Told } from './call-questions.ts';
import { Clock, TIMED_OUT } from './temporal/persist.ts';

/** What a webhook is answered with. */
export type Answer =
  | { kind: 'step'; step: Step }
  /** Nothing is decided yet: say something short and come back. */
  | { kind: 'wait' }
  /** Temporal has not taken the words: ask for them again, under this key. */
  | { kind: 'ask-again'; key: TurnKey }
  /** The call is known to be over. */
  | { kind: 'over' };

/** A call as a webhook names it. */
export type WebhookCall = CallInput & {
  callSid: string;
  /** Twilio's own word in this webhook is that the call is over. */
  isOver?: boolean;
};

/**
 * Twilio tries a webhook again after 5 s (the `rt` of our URLs), so an answer must leave before
 * that, also on a busy machine.
 */
const ANSWER_MS = 3500;
/** The last part of a budget, kept for the question whether the words have arrived. */
const LOOK_MS = 700;
/** How often it is looked whether a call that is over has begun meanwhile. */
const LOOK_AGAIN_MS = 100;
/** From this round of waiting on, it is checked that the words have arrived at all. */
const DOUBT_ROUND = 2;

export class CallGateway {
  readonly #questions: CallQuestions;

  constructor(client: Client, options: GatewayOptions = {}) {
    this.#questions = new CallQuestions(client, options);
  }

  /** A webhook says that the call is up. An inbound call's workflow is started by this. */
  async begin(call: WebhookCall): Promise<Answer> {
    return this.#begin(call, new Clock(ANSWER_MS));
  }

  /**
   * The caller has answered the listen step `key`, or was silent.
   *
   * The words go by signal: durable at once, even while no worker lives. The update that waits for
   * the step carries none and decides nothing, so it may travel beside them; sent only after the
   * signal was taken, it costs the turn another workflow task.
   */
  async hear(call: WebhookCall, key: TurnKey, heard: Heard): Promise<Answer> {
    const clock = new Clock(ANSWER_MS);
    const signalled = this.#questions.spoke(call.callId, key, heard, clock);
    const waiting = this.#nextStep(call.callId, key, clock);
    waiting.catch(() => undefined); // looked at below, or no longer wanted
    const taken = await signalled;
    if (taken === 'not-found') return this.#hearLost(call, key, heard, clock);
    const answer = await waiting;
    const isTaken = taken !== TIMED_OUT || answer.kind === 'step';
    return isTaken ? answer : { kind: 'ask-again', key: askAgainKey(key) };
  }

  /** Words for a call whose start was lost, though it is up: begin it, then hear them. */
  async #hearLost(call: WebhookCall, key: TurnKey, heard: Heard, clock: Clock): Promise<Answer> {
    const begun = await this.#begin(call, clock);
    if (begun.kind === 'over') return begun;
    const taken = await this.#questions.spoke(call.callId, key, heard, clock);
    if (taken === 'not-found') return { kind: 'over' };
    if (taken === TIMED_OUT) return { kind: 'ask-again', key: askAgainKey(key) };
    return this.#nextStep(call.callId, key, clock);
  }

  /** Twilio came back after a filler, for the `round`th time (from 1). Never creates a turn. */
  async waitFor(call: WebhookCall, key: TurnKey, round: number): Promise<Answer> {
    const isDoubtful = round >= DOUBT_ROUND;
    const clock = new Clock(isDoubtful ? ANSWER_MS - LOOK_MS : ANSWER_MS);
    const answer = await this.#nextStep(call.callId, key, clock, `-wait-${round}`);
    if (answer.kind !== 'wait' || !isDoubtful) return answer;
    const arrived = await this.#questions.hasHeard(call.callId, key, new Clock(LOOK_MS));
    return arrived === false ? { kind: 'ask-again', key: askAgainKey(key) } : answer;
  }

  /** Where was the call? Waits for a reply under way, else repeats the step that was open. */
  async resume(call: WebhookCall, round = 0): Promise<Answer> {
    const clock = new Clock(ANSWER_MS);
    const now = await this.#questions.snapshot(call.callId, clock);
    if (now === TIMED_OUT) return { kind: 'wait' };
    if (now === 'not-found') return this.#begin(call, clock);
    if (now.status === 'ended') return { kind: 'over' };
    // It is Twilio's turn to say what it hears: no stream is connected, whatever is known of it here.
    if (now.openStep?.next.kind === 'stream') {
      return this.#stepAfter(call, now.openStep.next.stream, clock);
    }
    // By the turn's own update, so that the workflow knows that its step was taken.
    const key = now.thinkingKey ?? now.openKey;
    if (key !== undefined && key !== GREETING_KEY) {
      return this.#nextStep(call.callId, key, clock, `-resume-${round}`);
    }
    if (key === undefined && now.openStep) return { kind: 'step', step: now.openStep };
    return this.#begin(call, clock);
  }

  /** Twilio comes back because a stream of the call is over: what follows it? */
  async reconnect(call: WebhookCall, stream: number): Promise<Answer> {
    if (call.isOver) return { kind: 'over' };
    return this.#stepAfter(call, stream, new Clock(ANSWER_MS));
  }

  /**
   * Passes on a status callback. False: Temporal did not take it, Twilio is to send it again.
   *
   * Who hangs up at once is over before the webhook that begins the call has arrived. Nobody says so
   * a second time, so the end waits for the beginning; a call that was never begun needs no end.
   */
  async status(callId: string, status: StatusSignal): Promise<boolean> {
    const clock = new Clock(ANSWER_MS);
    const tell = () => this.#questions.status(callId, status, clock);
    return asking('status', { callId }, async () => {
      let taken = await tell();
      while (
        taken === 'not-found' &&
        FINAL_STATUSES.includes(status.callStatus) &&
        clock.leftMs() > LOOK_MS
      ) {
        const isThere = await this.#questions.wasBegun(callId, clock);
        if (!isThere) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        taken = await tell(); // also when it is there: it may have begun between the two questions
        if (isThere) break;
      }
      return taken !== TIMED_OUT;
    });
  }

  async #begin(call: WebhookCall, clock: Clock): Promise<Answer> {
    if (call.isOver && call.direction === 'inbound') return { kind: 'over' };
    try {
      return stepAnswer(await this.#questions.begin(call, clock));
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'over' };
      throw error;
    }
  }

  async #nextStep(callId: string, key: TurnKey, clock: Clock, round = ''): Promise<Answer> {
    return stepAnswer(await this.#questions.step(callId, key, clock, round));
  }

  async #stepAfter(call: WebhookCall, stream: number, clock: Clock): Promise<Answer> {
    return stepAnswer(await this.#questions.stepAfter(call, stream, clock));
  }
}

function stepAnswer(step: Told<Step>): Answer {
  if (step === TIMED_OUT) return { kind: 'wait' };
  if (step === 'not-found') return { kind: 'over' };
  return { kind: 'step', step };
}
