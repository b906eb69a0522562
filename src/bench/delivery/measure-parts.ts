/** The parts of the delivery benchmark in which nothing dies, one after the other, on one instance. */
import { join } from 'node:path';
import type { Database } from '../../db/pool.ts';
import { FIRST_WORKSPACE } from '../../db/scope.ts';
import { Receiver } from '../../drill/index.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { callsLeftOpen, withDatabase, withTemporal } from '../bench-servers.ts';
import type { BenchContext } from '../benchmark.ts';
import { oneAtATime } from '../load.ts';
import { newWorkspace } from '../workspace.ts';
import { costOf, lookAt, measureFlow, measureIdle } from './cost.ts';
import type { CostFigures, IdleFigures, Look } from './cost.ts';
import { newCustomer } from './customer.ts';
import type { DeliveryOptions } from './delivery.ts';
import type { DeliveryParts } from './delivery-figures.ts';
import { untilNobodySends, untilNoneWaits } from './delivery-states.ts';
import { measureLatency } from './latency.ts';
import type { RateFigures } from './latency.ts';
import { measureOutage } from './outage.ts';
import type { OutageFigures } from './outage.ts';

type Parts = Omit<DeliveryParts, 'killed'> & { interrupted: boolean };

const WARM_UP_CALLS = 3;
const FLOW_PER_SECOND = 20;
/** As high as the API allows, where it is not the endpoint's own rate that is to hold anything up. */
const FAST = 100;
/** As many as a workspace may have. */
const ENDPOINTS = 50;
const QUIET_MS = 30_000;

export async function measureParts(
  bench: BenchInstance,
  options: DeliveryOptions,
  context: BenchContext,
): Promise<Parts> {
  const place = (name: string) => ({ logFile: join(bench.dataDir, `${name}.jsonl`) });
  const receiver = await Receiver.start(place('receiver'));
  const otherReceiver = await Receiver.start(place('other-receiver'));
  try {
    return await withDatabase(bench, async (owner) => {
      const measure = new Measurement({ bench, owner, receiver, otherReceiver, options, context });
      return measure.all();
    });
  } finally {
    await Promise.all([receiver.stop(), otherReceiver.stop()]);
  }
}

interface Surroundings {
  bench: BenchInstance;
  owner: Database;
  receiver: Receiver;
  otherReceiver: Receiver;
  options: DeliveryOptions;
  context: BenchContext;
}

class Measurement {
  readonly #here: Surroundings;

  constructor(here: Surroundings) {
    this.#here = here;
  }

  async all(): Promise<Parts> {
    const { bench, options, context } = this.#here;
    const { stopping } = bench;
    context.progress.say('A few calls first, so that what is opened once is open ...');
    await oneAtATime(bench, { turns: 2, pauseMs: 100 }, WARM_UP_CALLS);
    await this.#untilQuiet();
    const idle = options.idle > 0 ? await this.#idle() : null;
    const flow = options.flow > 0 && !stopping.aborted ? await this.#flow(idle?.without) : null;
    const latency = options.seconds > 0 && !stopping.aborted ? await this.#latency() : null;
    const after =
      options.events > 0 && !stopping.aborted ? await this.#outage(idle?.without) : undefined;
    const interrupted = stopping.aborted;
    return {
      ...{ idle, flow, latency, interrupted },
      outage: after?.outage ?? null,
      drain: after?.drain ?? null,
    };
  }

  /** First without endpoints, then with many. */
  async #idle(): Promise<{ without: IdleFigures; withEndpoints: IdleFigures }> {
    const { bench, owner, receiver, options, context } = this.#here;
    const { idle: seconds, endpoints } = options;
    context.progress.say(`Nothing to send for ${seconds} s, without an endpoint ...`);
    const without = await measureIdle(bench, owner, { endpoints: 0, seconds });
    let workspaceId = '';
    for (let nth = 1; nth <= endpoints && !bench.stopping.aborted; nth += 1) {
      if (nth % ENDPOINTS === 1) workspaceId = await newWorkspace(owner);
      const name = `idle-${nth}`;
      await newCustomer({ owner, bench, receiver, workspaceId, name, maxPerSecond: FAST });
    }
    context.progress.say(`The same with ${endpoints} endpoints ...`);
    const withEndpoints = await measureIdle(bench, owner, { endpoints, seconds });
    return { without, withEndpoints };
  }

  async #flow(idle: IdleFigures | undefined): Promise<CostFigures | null> {
    const { bench, owner, receiver, options, context } = this.#here;
    const { flow: seconds } = options;
    context.progress.say(`${FLOW_PER_SECOND} events a second for ${seconds} s ...`);
    const workspaceId = await newWorkspace(owner);
    const name = 'flow';
    const customer = await newCustomer({
      ...{ owner, bench, receiver, workspaceId, name, maxPerSecond: FAST },
    });
    const untilDelivered = () => this.#untilDelivered(customer.endpointId);
    const perSecond = FLOW_PER_SECOND;
    return measureFlow({ bench, owner, workspaceId, perSecond, seconds, idle, untilDelivered });
  }

  /** The calls of the instance's own number; the customer is told of nothing else. */
  async #latency(): Promise<RateFigures[]> {
    const { bench, owner, receiver, options, context } = this.#here;
    const { progress } = context;
    const workspaceId = FIRST_WORKSPACE;
    const customer = await newCustomer({
      ...{ owner, bench, receiver, workspaceId, name: 'calls', maxPerSecond: FAST },
    });
    const rates = await measureLatency({
      ...{ customer, receiver, owner, bench, seconds: options.seconds },
      ...{ fastest: options.fastest, progress },
    });
    await this.#untilQuiet();
    return rates;
  }

  async #outage(
    idle: IdleFigures | undefined,
  ): Promise<{ outage: OutageFigures; drain: CostFigures | null }> {
    const { bench, owner, receiver, otherReceiver, options, context } = this.#here;
    const { events, rate: maxPerSecond, closed, failing, slow } = options;
    const customer = await newCustomer({
      ...{ owner, bench, receiver, maxPerSecond, name: 'down' },
      workspaceId: await newWorkspace(owner),
    });
    const otherCustomer = await newCustomer({
      ...{ owner, bench, receiver: otherReceiver, maxPerSecond, name: 'goes-on' },
      workspaceId: await newWorkspace(owner),
    });
    const looks: Look[] = [];
    const outage = await measureOutage({
      ...{ bench, owner, receiver, customer, maxPerSecond, events, closed, failing, slow },
      other: { receiver: otherReceiver, customer: otherCustomer },
      slowMs: options['slow-answer'],
      look: async () => void looks.push(await lookAt(bench, owner)),
      progress: context.progress,
    });
    const [before, after] = looks;
    const drain = before && after ? costOf(before, after, outage.waiting, idle) : null;
    return { outage, drain };
  }

  /** @returns how many were not in time */
  async #untilDelivered(endpointId: string): Promise<number> {
    const { bench, owner } = this.#here;
    const { stopping } = bench;
    const left = await untilNoneWaits(owner, { endpointId, withinMs: QUIET_MS, stopping });
    await this.#untilNobodySends();
    return left;
  }

  async #untilQuiet(): Promise<void> {
    await callsLeftOpen(this.#here.bench);
    await this.#untilNobodySends();
  }

  async #untilNobodySends(): Promise<void> {
    const { bench } = this.#here;
    const { stopping } = bench;
    await withTemporal(bench, (client) =>
      untilNobodySends(client, { withinMs: QUIET_MS, stopping }),
    );
  }
}
