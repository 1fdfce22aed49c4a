import { bytesToString, stringToBytes } from '@norikv/store';
import { refuse } from '@norikv/store/checks';
import { issueText, type SchemaResult, type StandardSchema } from '@norikv/store/standard-schema';
import type { NamespaceOptions } from './options.js';

/** How values become bytes. A cache hands out what `decode` made, also to the caller that loaded the value. */
export interface CacheCodec<Value> {
  /** Throws on a value that has no encoding: it is then not kept. */
  encode(value: Value): Uint8Array;
  /** Throws on bytes it does not understand: that is a miss. */
  decode(bytes: Uint8Array): Value | Promise<Value>;
}

/** JSON, checked by a schema if there is one. */
export function jsonCacheCodec<Value>(schema?: StandardSchema<Value>): CacheCodec<Value> {
  return {
    encode(value) {
      const text = JSON.stringify(value);
      if (text === undefined) throw new TypeError(`${typeof value} has no JSON; use a codec`);
      return stringToBytes(text);
    },
    decode: (bytes) => checked(JSON.parse(bytesToString(bytes)), schema),
  };
}

/**
 * The codec that options name: their own, or JSON checked by their schema.
 *
 * @throws InvalidArgumentError if they name both: the schema would check nothing, in silence.
 */
export function codecOf<Value>({ codec, schema }: NamespaceOptions<Value>): CacheCodec<Value> | undefined {
  if (codec && schema) refuse('schema', schema, 'it without a codec, which checks what it decodes by itself');
  return codec ?? (schema && jsonCacheCodec(schema));
}

function checked<Value>(value: Value, schema: StandardSchema<Value> | undefined): Value | Promise<Value> {
  if (!schema) return frozen(value);
  const verdict = schema['~standard'].validate(value);
  // A promise may be of another realm or library.
  return 'then' in verdict ? verdict.then(accepted) : accepted(verdict);
}

function accepted<Value>(result: SchemaResult<Value>): Value {
  if (result.issues) throw new TypeError(result.issues.map(issueText).join('; '));
  return frozen(result.value);
}

/** A value is shared by all who read it: one reader must not change it for the others. */
function frozen<Value>(value: Value, seen: Set<unknown> = new Set()): Value {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value))
    return value;
  // A schema may have frozen it, but seldom what is in it.
  seen.add(value);
  Object.freeze(value);
  for (const member of Object.values(value)) frozen(member, seen);
  return value;
}
