/**
 * What the call gateway does, without Temporal and without a database: calls are entries of a Map
 * and are gone with the process. It stands in for the bot that one would write without VOCA.
 */
import type { Orchestrator, Utterance } from '../../../activities/ports.ts';
import type { Assistant } from '../../../workflows/assistant.ts';
import type { Heard, StatusSignal, Step, TurnKey } from '../../../workflows/contract.ts';
import { FINAL_STATUSES } from '../../../workflows/contract.ts';
import { followingKey, GREETING_KEY } from '../../../workflows/rules/keys.ts';
import type { Answer, WebhookCall } from '../../call-gateway.ts';
import type { Gateway } from '../../http/twilio-hooks.ts';

interface MemoryCall {
  startedAt: string;
  utterances: Utterance[];
  /** By the turn that they answer, so that a repeated webhook gets the same. */
  steps: Map<TurnKey, Promise<Step>>;
}

export class MemoryGateway implements Gateway {
  readonly #calls = new Map<string, MemoryCall>();
  readonly #mind: Pick<Orchestrator, 'generateReply'>;
  readonly #assistant: Assistant;

  constructor(mind: Pick<Orchestrator, 'generateReply'>, assistant: Assistant) {
    this.#mind = mind;
    this.#assistant = assistant;
  }

  async begin({ callId }: WebhookCall): Promise<Answer> {
    const call = this.#calls.get(callId) ?? this.#newCall(callId);
    return answerOf(call.steps.get(GREETING_KEY));
  }

  async hear({ callId }: WebhookCall, key: TurnKey, heard: Heard): Promise<Answer> {
    const call = this.#calls.get(callId);
    if (!call) return { kind: 'over' };
    let step = call.steps.get(key);
    if (!step) {
      step = this.#reply(callId, call, key, heard);
      call.steps.set(key, step);
    }
    return answerOf(step);
  }

  async waitFor({ callId }: WebhookCall, key: TurnKey): Promise<Answer> {
    return answerOf(this.#calls.get(callId)?.steps.get(key));
  }

  async resume({ callId }: WebhookCall): Promise<Answer> {
    return answerOf([...(this.#calls.get(callId)?.steps.values() ?? [])].at(-1));
  }

  /** Its calls have no streams. */
  async reconnect(call: WebhookCall): Promise<Answer> {
    return this.resume(call);
  }

  async status(callId: string, { callStatus }: StatusSignal): Promise<boolean> {
    if (FINAL_STATUSES.includes(callStatus)) this.#calls.delete(callId);
    return true;
  }

  #newCall(callId: string): MemoryCall {
    const { firstMessage: text } = this.#assistant;
    const greeting = Promise.resolve(this.#listen(GREETING_KEY, text));
    const call: MemoryCall = {
      startedAt: new Date().toISOString(),
      utterances: [{ who: 'assistant', text }],
      steps: new Map([[GREETING_KEY, greeting]]),
    };
    this.#calls.set(callId, call);
    return call;
  }

  async #reply(callId: string, call: MemoryCall, key: TurnKey, heard: Heard): Promise<Step> {
    const { startedAt, utterances } = call;
    const assistant = this.#assistant;
    const soFar = { callId, assistant, utterances: [...utterances], startedAt };
    const { text } = await this.#mind.generateReply(soFar, heard, {});
    if (heard.kind !== 'silence') utterances.push({ who: 'caller', heard });
    utterances.push({ who: 'assistant', text });
    return this.#listen(key, text);
  }

  #listen(key: TurnKey, say: string): Step {
    const { voice, listen } = this.#assistant;
    return { say, voice, next: { kind: 'listen', key: followingKey(key), listen } };
  }
}

async function answerOf(step: Promise<Step> | undefined): Promise<Answer> {
  return step ? { kind: 'step', step: await step } : { kind: 'over' };
}
