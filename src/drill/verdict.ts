export type ViolationKind =
  // what the caller said
  | 'lost-words' //             said, answered as if heard, and not in the transcript
  | 'invented-words' //         in the transcript, and never said
  | 'changed-words' //          in the transcript, but not as they were said
  | 'words-out-of-order'
  | 'refusal-not-logged' //     the caller was asked again, and no log line says so
  | 'refused-without-reason' // refused while Temporal could be reached
  | 'nobody-asked-again' //     logged as refused, and the caller was never asked again
  // thinking
  | 'reply-twice' //            two reply activities for one turn
  | 'reply-without-turn'
  | 'answer-without-reply' //   a model's answer that no reply activity has made
  | 'model-asked-too-often' //  more requests than turns, and nothing died or failed
  | 'summary-too-early' //      what is kept for the next call, made before this one was over
  | 'summary-of-nothing' //     the same, of a call in which the caller said nothing
  | 'degraded-of-nothing' //    a turn is told as degraded that is not
  | 'degraded-untold'
  // states
  | 'call-unknown' //           Twilio had the call, we have no workflow of it
  | 'call-nobody-made' //       we have a workflow that Twilio knows nothing of
  | 'call-not-over' //          Twilio's log ends with the call still up
  | 'two-ends'
  | 'workflow-not-closed'
  | 'workflow-failed'
  | 'record-missing'
  | 'record-not-ended'
  | 'reasons-differ'
  | 'ended-late'
  // the record
  | 'gap-in-turns'
  | 'gap-in-events'
  | 'record-differs' //         the database does not hold what the workflow has recorded
  // what customers were told
  | 'events-differ' //          the outbox does not hold what the record of the call holds
  | 'event-without-delivery' // no delivery of it, though an endpoint wants it
  | 'event-not-received'
  | 'gap-at-receiver' //        the sequences of a call that has arrived
  | 'bodies-differ' //          the same event twice, and not the same words
  | 'bad-signature'
  | 'event-nobody-emitted' //   arrived, and is not (so) in the outbox
  | 'delivery-not-finished'
  | 'delivery-not-received' //  succeeded, and the receiver has never said so
  // what the caller heard
  | 'application-error'
  | 'undecided-words'
  | 'words-of-another-call'
  | 'words-of-another-turn'
  | 'answers-differ' //         one webhook, repeated, got two different decided answers
  | 'forgery-accepted'
  // logs
  | 'leak'
  | StreamViolationKind;

/** Of calls over media streams, beside the others. */
export type StreamViolationKind =
  | 'words-twice' //     a turn that was said once is in the transcript again
  | 'unheard-words' //   the record says that the caller has heard them
  | 'untold-words' //    heard of an answer that was interrupted, and left out of the record
  | 'greeted-twice'
  | 'stream-not-over';

export interface Violation {
  kind: ViolationKind;
  /** Absent when it belongs to no call. */
  callId?: string;
  /** What shows it: places in the logs, and the words. */
  evidence: string;
}

/** What was found, by name; see `checkHistory` for the names. */
export type Counts = Record<string, number>;

export interface Verdict {
  ok: boolean;
  counts: Counts;
  violations: Violation[];
}

/** Collects what the checks find. */
export class Findings {
  readonly counts: Counts = {};
  readonly violations: Violation[] = [];

  count(name: string, by = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  atLeast(name: string, value: number): void {
    this.counts[name] = Math.max(this.counts[name] ?? 0, value);
  }

  violation(kind: ViolationKind, callId: string | undefined, evidence: string): void {
    this.violations.push({ kind, evidence, ...(callId !== undefined && { callId }) });
  }
}
