import { NoriKVError } from '@norikv/store';

/** A loader did not finish within `hardTimeoutMs`, and nothing stale could stand in. Its signal was aborted. */
export class LoadTimeoutError extends NoriKVError {
  static override readonly code: string = 'LOAD_TIMEOUT';
  static override readonly retryable: boolean = true;
}
