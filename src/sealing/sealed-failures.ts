/**
 * The failure converter of clients and workers that seal: it moves messages and stack traces of
 * failures into payloads, which the codec seals. The SDK loads it by its path.
 */
import { DefaultFailureConverter } from '@temporalio/common';
import type { PayloadConverter, SerializationContext } from '@temporalio/common';

class SealedFailureConverter extends DefaultFailureConverter {
  /**
   * A copy: the SDK hands out the failure that an error came from and overwrites its message, so an
   * error that is reported twice would lose it.
   */
  override errorToFailureInner(
    error: unknown,
    converter: PayloadConverter,
    context?: SerializationContext,
  ) {
    return { ...super.errorToFailureInner(error, converter, context) };
  }
}

export const failureConverter = new SealedFailureConverter({ encodeCommonAttributes: true });
