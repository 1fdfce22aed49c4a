import { InvalidArgumentError } from '@norikv/store';
import { quiet } from '@norikv/store/listeners';
import { issueText, type StandardSchema } from '@norikv/store/standard-schema';
import { SessionDataError } from './errors.js';

/**
 * What a schema makes of a value.
 *
 * @throws SessionDataError naming what does not fit.
 * @throws InvalidArgumentError for a schema that needs to wait: a session is changed in one step.
 */
export function conformed<Output>(schema: StandardSchema<Output>, value: unknown): Output {
  const result = schema['~standard'].validate(value);
  // A promise may be of another realm or library.
  if ('then' in result) {
    quiet(result);
    throw new InvalidArgumentError('The schema returned a promise; use one that checks synchronously');
  }
  if (!result.issues) return result.value;
  const issues = result.issues.map(issueText);
  throw new SessionDataError(`The data of the session do not fit the schema. ${issues.join('; ')}`, {
    issues,
  });
}
