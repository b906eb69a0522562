export { call } from './call.ts';
export { modelsReady } from './models-ready.ts';
