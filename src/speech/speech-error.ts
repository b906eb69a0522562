import { VendorError, type VendorErrorKind } from '../vendors/vendor-error.ts';

export type SpeechErrorKind = VendorErrorKind;

/** A speech service did not do its work. The message is ours alone, see {@link VendorError}. */
export class SpeechError extends VendorError {
  override readonly name: string = 'SpeechError';
}
