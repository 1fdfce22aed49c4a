import { InvalidArgumentError } from '@norikv/store';
import { SessionDataError } from './errors.js';

/** What a schema library of the Standard Schema family offers: zod, valibot, arktype and others do. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    /** Checks a value, and may change it. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

/** What a schema says about a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * What a schema makes of a value.
 *
 * @throws SessionDataError naming what does not fit.
 * @throws InvalidArgumentError for a schema that needs to wait: a session is changed in one step.
 */
export function conformed<Output>(schema: StandardSchema<Output>, value: unknown): Output {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new InvalidArgumentError('The schema answers with a promise; use one that checks synchronously');
  }
  if (!result.issues) return result.value;
  const issues = result.issues.map(described);
  throw new SessionDataError(`The data of the session do not fit the schema. ${issues.join('; ')}`, {
    issues,
  });
}

function described({ message, path = [] }: SchemaIssue): string {
  const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return place ? `${place}: ${message}` : message;
}
