import { makeFetch } from '../../vendors/own-fetch.ts';
import { ModelError } from '../llm.ts';

/** `fetch` for the packages of vendors of models; its connections serve all of them. */
export const modelFetch = makeFetch({
  limits: {
    tooLong: () => new ModelError('bad-answer', 'the model server answered without end'),
  },
});
