/** One attempt to send a delivery, as it is kept in `deliveries.attempts`. */
export interface DeliveryAttempt {
  /** When it began, RFC 3339 with milliseconds. */
  at: string;
  /** How long it took, in milliseconds. */
  ms: number;
  /** Of the answer; left out when there was none. */
  status?: number;
  /** Why there was none, such as `timeout` or `refused-address`. */
  error?: string;
  /** The start of the answer. */
  answer?: string;
}
