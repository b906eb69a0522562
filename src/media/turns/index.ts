export type { TalkAction, TalkNews } from './action.ts';
export type { TalkEvent } from './event.ts';
export type { Talk } from './state.ts';
export { nextDeadline, openTalk, reduce, type TalkStep } from './turns.ts';
