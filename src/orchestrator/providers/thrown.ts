/** What vendors of models throw, as our own error. */
import {
  failureOf,
  failureOfStatus,
  type Failure,
  type FailureDetails,
} from '../../vendors/failure.ts';
import { ModelError } from '../llm.ts';

type Details = Pick<FailureDetails, 'isAccount'>;

const SERVER = { server: 'the model server' };

export function toModelError(error: unknown, details: Details = {}): ModelError {
  if (error instanceof ModelError) return error;
  return made(failureOf(error, { ...SERVER, ...details }));
}

/** `original` has the headers, if there are any. */
export function fromStatus(status: number, original: unknown, details: Details = {}): ModelError {
  return made(failureOfStatus(status, original, { ...SERVER, ...details }));
}

function made({ kind, message, options }: Failure): ModelError {
  return new ModelError(kind, message, options);
}
