import { issueText, type StandardSchema } from '@norikv/store/standard-schema';
import { EventInvalidError } from '../errors.js';
import type { NewEvent } from './event-types.js';
import type { EventValidator } from './options.js';

/** The union of events that schemas describe, by type. */
export type EventsOf<Schemas extends Readonly<Record<string, StandardSchema>>> = {
  readonly [Type in keyof Schemas & string]: {
    readonly type: Type;
    readonly data: Schemas[Type] extends StandardSchema<infer Output> ? Output : never;
  };
}[keyof Schemas & string];

/**
 * Checks the data of events against a schema for each type before they are appended, and stores what the
 * schema makes of it. What is stored already is never checked again: old events stay readable.
 *
 * @throws EventInvalidError, when appending, for data that does not fit and for a type without a schema.
 *
 * @example
 * ```ts
 * const schemas = { Deposited: z.object({ amount: z.number().positive() }) };
 * const store = new EventStore<EventsOf<typeof schemas>>(client, { validate: validateWith(schemas) });
 * ```
 */
export function validateWith(schemas: Readonly<Record<string, StandardSchema>>): EventValidator {
  return (events) => Promise.all(events.map((event) => validated(event, schemas)));
}

async function validated(
  event: NewEvent,
  schemas: Readonly<Record<string, StandardSchema>>,
): Promise<NewEvent> {
  const { type } = event;
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (!schema) throw new EventInvalidError(`There is no schema for "${type}"; nothing was appended.`);
  const result = await schema['~standard'].validate(event.data);
  if (!result.issues) return { ...event, data: result.value };
  const issues = result.issues.map(issueText);
  throw new EventInvalidError(
    `A "${type}" does not fit its schema; nothing was appended. ${issues.join('; ')}`,
    { issues },
  );
}
