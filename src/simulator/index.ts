/** The simulated Twilio and its software phone, for tests of applications and for the demo. */
export type { DialOptions, OutboundHandler } from './account.ts';
export type { CallStatus, EndedCall, EndReason } from './call-state.ts';
export type { FaultInjector } from './faults/fault-injector.ts';
export {
  FAULT_KINDS,
  FaultScriptError,
  formatFaultScript,
  MOMENTS,
  parseFaultScript,
} from './faults/fault-script.ts';
export type {
  CallerFault,
  Fault,
  FaultScript,
  Moment,
  WebhookFault,
} from './faults/fault-script.ts';
export { makeFaultScript } from './faults/make-fault-script.ts';
export type { FaultKind, MakeOptions } from './faults/make-fault-script.ts';
export { playCaller } from './faults/play-caller.ts';
export type { PlayOptions } from './faults/play-caller.ts';
export { seededRandom } from './faults/random.ts';
export type { Random } from './faults/random.ts';
export type { Field } from './form.ts';
export { runHandset } from './handset.ts';
export type { HandsetOptions } from './handset.ts';
export type { Delivered, Spoken, TranscriptItem } from './line.ts';
export type { NumberConfig } from './number-store.ts';
export { PhoneError } from './phone-error.ts';
export { Phone } from './phone.ts';
export type { Heard } from './listener.ts';
export type { SayOptions } from './phone.ts';
export { renderConversation, runScript } from './script-run.ts';
export type { ScriptFailure, ScriptResult } from './script-run.ts';
export { parseScript, ScriptError } from './script.ts';
export type { Script } from './script.ts';
export type { VoiceEngine } from './streams/caller-voice.ts';
export type { PhoneStream } from './streams/phone-stream.ts';
export type { StrayOrder, StrayStream } from './streams/stray-stream.ts';
export { BOOKING_SCRIPT } from './scripts/booking.ts';
export { startSimulator } from './simulator.ts';
export type { Simulator, SimulatorOptions } from './simulator.ts';
export type { StreamMeasures, TruthEvent } from './truth-events.ts';
export { TruthLog } from './truth-log.ts';
export type { EntryOf, TruthEntry } from './truth-log.ts';
export { dropped } from './webhook-tap.ts';
export type { OutgoingWebhook, WebhookAnswer, WebhookTap } from './webhook-tap.ts';
