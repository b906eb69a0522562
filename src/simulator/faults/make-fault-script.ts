import type { Fault, FaultScript, WebhookFault } from './fault-script.ts';
import { FORGERIES, MOMENTS } from './fault-script.ts';
import { seededRandom } from './random.ts';
import type { Random } from './random.ts';

export type FaultKind = Fault['do'];

export interface MakeOptions {
  /** So many calls are disturbed, each in its own way; 1 by default. */
  calls?: number;
  /** So many questions the caller answers; faults are placed among them. 5 by default. */
  turns?: number;
  /** Faults per call; 3 by default. */
  faults?: number;
  /** Only these kinds; all that leave a call able to go on by default (no hang-up, no silence). */
  kinds?: readonly FaultKind[];
}

const GO_ON: readonly FaultKind[] = [
  'duplicate',
  'delay',
  'hold-back',
  'drop',
  'slow-answer',
  'replay',
  'forge',
];

/** A script by chance: the same for the same seed and options. */
export function makeFaultScript(seed: string, options: MakeOptions = {}): FaultScript {
  const { calls = 1, turns = 5, faults: perCall = 3, kinds = GO_ON } = options;
  const faults: Fault[] = [];
  for (let call = 1; call <= calls; call += 1) {
    const random = seededRandom(seed, 'script', call);
    for (let count = 0; count < perCall; count += 1) {
      faults.push({ ...oneFault(random.pick(kinds), random, turns), call });
    }
  }
  return { seed, faults };
}

function oneFault(kind: FaultKind, random: Random, turns: number): Fault {
  switch (kind) {
    case 'duplicate': {
      const how = random.pick(['together', 'one-after-another'] as const);
      return { do: kind, ...someWebhook(random, turns), copies: random.integer(1, 5), how };
    }
    case 'delay':
      return { do: kind, ...someWebhook(random, turns), ms: random.integer(50, 1500) };
    case 'hold-back':
      return { do: kind, webhook: 'status', nth: random.integer(1, 3), past: 1, atMostMs: 1000 };
    case 'drop': {
      // Twilio tries three times: what is dropped more often makes it fall back.
      const attempts = random.integer(1, 2);
      const what = random.pick(['request', 'answer'] as const);
      return { do: kind, ...someWebhook(random, turns), what, attempts };
    }
    case 'slow-answer':
      return { do: kind, ...someWebhook(random, turns), ms: random.integer(100, 3000) };
    case 'replay': {
      const when = random.pick(['at-once', 'after-the-call', 'an-hour-later'] as const);
      return { do: kind, ...someWebhook(random, turns), when };
    }
    case 'forge':
      return { do: kind, ...someWebhook(random, turns), how: random.pick(FORGERIES) };
    case 'hang-up': {
      const turn = random.integer(1, turns);
      return {
        do: kind,
        moment: random.pick(MOMENTS),
        turn,
        afterMs: random.pick([0, 0, 20, 300]),
      };
    }
    case 'go-silent':
      return { do: kind, turn: random.integer(1, turns), times: random.integer(1, 4) };
  }
}

function someWebhook(random: Random, turns: number): Pick<WebhookFault, 'webhook' | 'nth'> {
  const webhook = random.pick(['voice', 'action', 'action', 'action', 'status'] as const);
  return { webhook, nth: webhook === 'action' ? random.integer(1, turns) : 1 };
}
