/** An outbound call from the queue to its answer; what follows is the same as inbound. */
import type { CallFlow } from './call-flow.ts';
import type { CallState } from './call-state.ts';
import { deferred } from './call-state.ts';
import type { Clock } from './clock.ts';
import type { TwimlDocument } from './answer-document.ts';
import { machineVerdict } from './machine-detection.ts';
import type { MachineDetection } from './machine-detection.ts';
import type { Pickup } from './pickup.ts';
import type { Target } from './verb-context.ts';

export interface OutboundPlan {
  start: Target | TwimlDocument;
  /** How long it rings, in call time. */
  timeoutMs: number;
  /** How long it may last once answered, in call time. */
  timeLimitMs: number;
  machineDetection?: MachineDetection | undefined;
}

export interface OutboundParts {
  call: CallState;
  flow: CallFlow;
  clock: Clock;
  fastForward: boolean;
  /** Waits for the account's turn: so many calls leave the queue per second. */
  leaveQueue: (cancelled: AbortSignal) => Promise<void>;
  /** The called phone begins to ring. */
  ring: () => void;
  /** Tells the subscriber an asynchronous verdict. */
  tellVerdict: (detection: MachineDetection) => void;
}

export class OutboundCall {
  readonly #parts: OutboundParts;
  readonly #pickup = deferred<Pickup>();
  readonly #over = new AbortController();

  constructor(parts: OutboundParts) {
    this.#parts = parts;
    parts.call.onChange(() => {
      if (!parts.call.isOver) return;
      this.#over.abort();
      this.pickUp({ kind: 'no-answer' });
    });
  }

  /** What the called phone does; only the first answer counts. */
  pickUp(pickup: Pickup): void {
    this.#pickup.resolve(pickup);
  }

  async run(plan: OutboundPlan): Promise<void> {
    const { call, flow, ring, leaveQueue } = this.#parts;
    await leaveQueue(this.#over.signal);
    if (call.isOver) return;
    call.queueTimeMs = Date.now() - call.createdAtMs;
    call.become('initiated');
    call.become('ringing');
    ring();
    const pickup = await this.#answerOrTimeout(plan.timeoutMs);
    if (call.isOver || !this.#connected(pickup)) return;
    call.become('in-progress');
    const cancelLimit = this.#parts.clock.after(plan.timeLimitMs, () => flow.end('time-limit'));
    void call.ended.then(cancelLimit);
    if (pickup.kind === 'answer' && plan.machineDetection) {
      await this.#detectMachine(pickup.as, plan.machineDetection);
    }
    await flow.run(plan.start);
  }

  async #answerOrTimeout(timeoutMs: number): Promise<Pickup> {
    const { clock, fastForward } = this.#parts;
    const late: Pickup = { kind: 'no-answer' };
    const cancel = clock.after(timeoutMs, () => this.pickUp(late));
    const pickup = await this.#pickup.promise;
    // Ringing on in silence takes the rest of the time, unless waits are skipped.
    if (
      pickup.kind === 'no-answer' &&
      pickup !== late &&
      !fastForward &&
      !this.#parts.call.isOver
    ) {
      await clock.sleep(timeoutMs, this.#over.signal);
    }
    cancel();
    return pickup;
  }

  /** Ends a call that was not answered; true for one that was. */
  #connected(pickup: Pickup): boolean {
    const { call } = this.#parts;
    if (pickup.kind === 'answer') return true;
    if (pickup.kind === 'busy') {
      call.sipResponseCode = '486';
      call.become('busy', 'declined');
    } else if (pickup.kind === 'fail') {
      call.sipResponseCode = pickup.sipResponseCode;
      call.become('failed', 'not-connected');
    } else {
      call.sipResponseCode = '487';
      call.become('no-answer', 'not-answered');
    }
    return false;
  }

  /** Synchronous detection holds the first request back; asynchronous lets it go at once. */
  async #detectMachine(
    as: 'human' | 'machine' | 'fax' | 'unknown',
    detection: MachineDetection,
  ): Promise<void> {
    const { call, clock, tellVerdict } = this.#parts;
    const verdict = machineVerdict(as, detection.mode);
    const listen = async () => {
      await clock.sleep(verdict.afterMs, this.#over.signal);
      call.answeredBy = verdict.answeredBy;
      call.machineDetectionMs = verdict.afterMs;
    };
    if (detection.async) void listen().then(() => tellVerdict(detection));
    else await listen();
  }
}
