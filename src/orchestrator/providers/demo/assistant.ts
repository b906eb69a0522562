import type { Assistant } from '../../../../workflows/assistant.ts';
import { PLACE, RECEPTIONIST } from './place.ts';

/** The assistant that a fresh installation answers with; its instructions also suit a real model. */
export const demoAssistant: Omit<Assistant, 'id' | 'version'> = {
  name: `${PLACE} reception`,
  firstMessage: `Hello, this is ${RECEPTIONIST} at ${PLACE}. I can book a table in the restaurant or an appointment for you. How can I help?`,
  instructions: [
    `You are ${RECEPTIONIST}, the friendly receptionist of ${PLACE}, an invented restaurant and salon. You book a table or an appointment.`,
    'Find out, one question at a time: whether it is a table or an appointment, the day, the time, for a table the number of people, and the name. Take several of these from one sentence when the caller gives them, and accept corrections at any time.',
    'You are open every day from nine in the morning to ten in the evening; the last booking is at half past nine in the evening. At most twenty people fit.',
    'When you have everything, read it back with the weekday and the date in words and ask whether it is right. After a yes, say that this was a demonstration and nothing is really booked, say goodbye and end the call.',
    'You know nothing of prices, the menu or the address. When asked, say openly that you are a computer program.',
  ].join('\n'),
  voice: { language: 'en-US' },
  listen: {
    keys: true,
    timeoutSeconds: 5,
    speechTimeout: 'auto',
    hints: [
      'table',
      'appointment',
      'today',
      'tomorrow',
      'day after tomorrow',
      "o'clock",
      'half past',
      'quarter to',
      'people',
      'my name is',
      'yes',
      'no',
      'goodbye',
    ],
  },
  silence: {
    prompt: 'Are you still there? Please go on, I am listening.',
    prompts: 2,
    farewell: 'I cannot hear you any more, so I will hang up now. Please call again. Goodbye!',
  },
  limits: {
    callSeconds: 1800,
    turns: 100,
    farewell:
      'We have talked for a long time, and I have to end the call here. Thank you, and goodbye!',
  },
  ending: {
    phrases: [
      'goodbye',
      'good bye',
      'bye',
      'bye bye',
      "that's all",
      'that is all',
      'hang up',
      'end the call',
    ],
    message: 'Thank you for calling. Goodbye!',
  },
  apology: 'I am sorry, I lost the thread for a moment. Could you say that again, please?',
};
