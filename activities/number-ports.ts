/** What looks at our numbers, and their taking on, need from the outside. */

/** A setting of a number at Twilio that is not as we need it. */
export interface NumberDifference {
  /** As Twilio's REST API names it. */
  setting:
    | 'voice_url'
    | 'voice_method'
    | 'voice_fallback_url'
    | 'voice_fallback_method'
    | 'status_callback'
    | 'status_callback_method'
    | 'voice_application_sid'
    | 'trunk_sid'
    | 'voice_receive_mode';
  /** Empty: it must not be set. */
  expected: string;
  /** Empty: it is not set. URLs come without what may be secret in them. */
  found: string;
}

/** What a look at Twilio's settings of a number found; `missing`: the account has no such number. */
export interface NumberCheck {
  status: 'ok' | 'differs' | 'missing';
  differences: NumberDifference[];
}

/** A number of the account, whichever application it serves. */
export interface CarrierNumber {
  /** Twilio's id (`PN…`). */
  carrierSid: string;
  /** E.164. */
  number: string;
  /** What it is called at Twilio. */
  label: string;
  /** False for one that only takes messages. */
  takesCalls: boolean;
  /** What keeps its calls from coming to us as they should; empty when nothing does. */
  differences: NumberDifference[];
}

/**
 * The numbers of the account at Twilio. All of it throws when Twilio is away or refuses: an error whose
 * `retryable` says which, without a number in its message.
 */
export interface CarrierNumbers {
  /** All of them. */
  list(): Promise<CarrierNumber[]>;
  /** @param number E.164 */
  find(number: string): Promise<CarrierNumber | undefined>;
  /**
   * Brings its calls to us: sets our URLs, and takes away an application or a trunk that would win over
   * them. Twice does no harm. Answers what Twilio has then.
   */
  configure(carrierSid: string): Promise<NumberCheck>;
  /** Takes our URLs away, and leaves others where they are; one that is gone is a success. */
  release(carrierSid: string): Promise<void>;
  /** Looks and changes nothing. @param number E.164 */
  check(number: string): Promise<NumberCheck & { carrierSid?: string }>;
}

/** What is kept of a look, as it stands in the database. */
export interface WebhookCheck extends NumberCheck {
  /** RFC 3339. */
  checked_at: string;
}

export interface OwnNumber {
  id: string;
  /** E.164. */
  number: string;
  /** Of the last look; left out before the first. */
  check?: WebhookCheck;
}

/** The numbers of all workspaces. All of it throws when the database cannot be asked. */
export interface OwnNumbers {
  list(): Promise<OwnNumber[]>;
  /** Keeps what a look has found, unless there was a newer one or the number is gone. */
  keep(id: string, check: WebhookCheck, carrierSid?: string): Promise<void>;
}
