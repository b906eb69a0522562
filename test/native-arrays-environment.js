import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest gives each test file globals of its own, and native code makes arrays of the process's: without
 * this no answer of onnxruntime is an instance of what its JavaScript half expects.
 */
export default class NativeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, { Float32Array, BigInt64Array });
  }
}
