import { type Clock, systemClock } from '@norikv/store';
import { checkFunction } from '@norikv/store/checks';

/** @throws InvalidArgumentError naming the method that is missing: it would be missed in the middle of a call. */
export function checkClock(clock: Clock): void {
  for (const name of Object.keys(systemClock) as (keyof Clock)[])
    checkFunction(`clock.${name}`, clock?.[name]);
}
