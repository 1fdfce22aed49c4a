import type { DeleteOptions, GetOptions, Key, PutOptions } from '@norikv/store';
import * as store from '@norikv/store/call-options';
import { checkLimits } from './call-limits.js';

/** Checks the options of a read by name. Every read is linearizable here, whatever is asked for. */
export function checkGetOptions(options: GetOptions, key: Key, known?: readonly string[]): void {
  store.checkReadOptions(options, known);
  checkLimits(options, key);
}

/** Checks the options of a write by name. */
export function checkWriteOptions(
  options: PutOptions & DeleteOptions,
  key: Key,
  known?: readonly string[],
): void {
  store.checkWriteOptions(options, known);
  checkLimits(options, key);
}
