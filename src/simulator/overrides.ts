/** Connection overrides: how long a webhook may take and which failures are repeated. */
export interface ConnectionPolicy {
  connectTimeoutMs: number;
  readTimeoutMs: number;
  totalTimeoutMs: number;
  retries: number;
  retryOn: readonly RetryReason[];
}

export type RetryReason = 'ct' | 'rt' | '4xx' | '5xx' | 'all';

/** Twilio's own policy: one retry, and only of a failed connection. */
export const DEFAULT_POLICY: ConnectionPolicy = {
  connectTimeoutMs: 5_000,
  readTimeoutMs: 15_000,
  totalTimeoutMs: 15_000,
  retries: 1,
  retryOn: ['ct'],
};

/** An override that is not understood; the default stands in its place. */
export interface OverrideProblem {
  code: number;
  message: string;
}

const LIMITS = {
  ct: { field: 'connectTimeoutMs', min: 100, max: 10_000 },
  rt: { field: 'readTimeoutMs', min: 100, max: 15_000 },
  tt: { field: 'totalTimeoutMs', min: 100, max: 15_000 },
  rc: { field: 'retries', min: 0, max: 5 },
} as const;

const RETRY_REASONS: readonly string[] = ['ct', 'rt', '4xx', '5xx', 'all'];
const INVALID_OVERRIDE = 11243;

/** Reads `#ct=2000&rc=2&rp=all`. A value out of its range falls back to the default, noisily. */
export function parseOverrides(hash: string): {
  policy: ConnectionPolicy;
  problems: OverrideProblem[];
} {
  const policy = { ...DEFAULT_POLICY };
  const problems: OverrideProblem[] = [];
  const problem = (message: string) => problems.push({ code: INVALID_OVERRIDE, message });
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ''))) {
    if (isLimited(key)) {
      const { field, min, max } = LIMITS[key];
      if (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max) {
        policy[field] = Number(value);
      } else problem(`connection override ${key} must be from ${min} to ${max}`);
    } else if (key === 'rp') {
      const reasons = value.split(',');
      if (reasons.every(isRetryReason)) policy.retryOn = reasons;
      else problem('connection override rp must be of ct, rt, 4xx, 5xx, all');
    } else if (key !== 'sni' && key !== 'e') problem('unknown connection override');
  }
  return { policy, problems };
}

function isLimited(key: string): key is keyof typeof LIMITS {
  return Object.hasOwn(LIMITS, key);
}

function isRetryReason(value: string): value is RetryReason {
  return RETRY_REASONS.includes(value);
}
