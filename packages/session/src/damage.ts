import { errorCode } from '@norikv/store';

/** Throws an error again unless it tells of a record that cannot be read. */
export function rethrowUnlessDamaged(error: unknown): void {
  if (errorCode(error) !== 'CORRUPT_RECORD') throw error;
}
