export type { TalkAction, TalkNews } from './action.ts';
export type { TalkEvent } from './event.ts';
export { newTalk, nextDeadline, reduce, type TalkState as Talk, type TalkStep } from './turns.ts';
