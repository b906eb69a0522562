/** How much may be asked in a minute: the usual limits, and how a workspace departs from them. */
import { z } from 'zod';

/** `dials`: placing a call. */
export const BUDGETS = ['reads', 'writes', 'dials'] as const;
export type BudgetKind = (typeof BUDGETS)[number];

/** Requests a minute. */
export type Allowance = Record<BudgetKind, number>;

export interface Limits {
  /** Of each key. */
  key: Allowance;
  /** Of all keys of the workspace together. */
  workspace: Allowance;
}

export const USUAL_LIMITS: Limits = {
  key: { reads: 600, writes: 300, dials: 60 },
  workspace: { reads: 1_200, writes: 600, dials: 120 },
};

const allowance = z.object({
  reads: z.int().min(0).max(10_000_000),
  writes: z.int().min(0).max(10_000_000),
  dials: z.int().min(0).max(10_000_000),
});

/** As `workspaces.limits` keeps them: what is left out is as usual. */
const departures = z.object({
  key: allowance.partial().optional(),
  workspace: allowance.partial().optional(),
});

export const limitsSchema = z.object({ key: allowance, workspace: allowance }).meta({
  description: 'Requests a minute, of each key and of all keys of the workspace together',
});

export type LimitOwner = keyof Limits;

/** What a workspace keeps when it departs in this too. @param kept as for {@link limitsOf} */
export function departing(
  kept: unknown,
  owner: LimitOwner,
  changes: Partial<Allowance>,
): Record<string, unknown> {
  const { data = {} } = departures.safeParse(kept);
  return { ...data, [owner]: { ...data[owner], ...changes } };
}

/** @param kept what nobody has checked; it is passed over where it is no limit. */
export function limitsOf(kept: unknown): Limits {
  const { data } = departures.safeParse(kept);
  return {
    key: { ...USUAL_LIMITS.key, ...data?.key },
    workspace: { ...USUAL_LIMITS.workspace, ...data?.workspace },
  };
}

/** Which budget a request is paid from. @param route as it was registered, with its prefix */
export function budgetOf(method: string, route: string | undefined): BudgetKind {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'POST' && route === '/v1/calls' ? 'dials' : 'writes';
}
