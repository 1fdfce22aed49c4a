import { refuse } from '@norikv/store/checks';
import { checkCall, checkNumber } from '../core/checks.js';
import { checkId } from '../core/vector-id.js';
import type { InteractionOptions } from './options.js';
import { checkWeight, type Settings } from './settings.js';

/** What a user did, checked. */
export interface UserEvent {
  readonly userId: string;
  readonly productId: string;
  readonly atMs: number;
  readonly weight: number;
  readonly eventId: string | undefined;
}

/** @throws InvalidArgumentError if the event makes no sense. */
export function userEvent(
  userId: string,
  productId: string,
  options: InteractionOptions,
  { eventTypes, clock, clockToleranceMs }: Settings,
): UserEvent {
  checkId(userId, 'userId');
  checkId(productId, 'productId');
  checkCall(options, ['type', 'eventId', 'at', 'weight']);
  const { type = 'view', eventId, at, weight } = options;
  const now = clock.now();
  const known = eventTypes.get(type);
  if (known === undefined) refuse('type', type, `one of ${[...eventTypes.keys()].join(', ')}`);
  if (eventId !== undefined && !(typeof eventId === 'string' && eventId !== '' && eventId.length <= 128)) {
    refuse('eventId', eventId, 'a string of 1 to 128 characters');
  }
  return {
    userId,
    productId,
    atMs: checkNumber('at', at ?? now, 0, now + clockToleranceMs),
    weight: checkWeight('weight', weight ?? known),
    eventId,
  };
}
