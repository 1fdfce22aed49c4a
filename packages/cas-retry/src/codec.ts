import { bytesToString, isNoriKVError, type Key, stringToBytes } from '@norikv/store';
import { checkAtOnce, checkFunction, refuse } from '@norikv/store/checks';
import { unreadable } from './errors.js';

/**
 * How a pattern's state becomes bytes. Share one codec object per kind of record: updates are only combined
 * when they use the same one.
 */
export interface Codec<State> {
  /**
   * Throws on a state that has no encoding; the update that made it is then refused. The updater keeps the bytes:
   * return new ones each time, and never change them.
   */
  encode(state: State): Uint8Array;
  /**
   * Throws on bytes it does not understand; the record is then left as it is. The message of a `NoriKVError` is passed
   * on; any other error might quote what is stored, so it is only the `cause`. The updater keeps the bytes: copy them
   * where they become part of the state.
   */
  decode(bytes: Uint8Array): State;
  /**
   * Stores the encoded state alone, without the line that makes lost replies and operation ids exact.
   * For values that other programs read.
   */
  readonly plain?: boolean | undefined;
}

/**
 * Stores state as JSON. `check` turns parsed data into the state, or throws. It is asked about what was read, so that a
 * bad record is left as it is, and about what is to be written, so that a bad state, such as one with a NaN, is not.
 *
 * @throws InvalidArgumentError if `check` is no function.
 */
export function jsonCodec<State>(check: (data: unknown) => State): Codec<State> {
  checkFunction('check', check);
  const read = (json: string): State => check(JSON.parse(json));
  return {
    encode: (state) => {
      const json = JSON.stringify(state) ?? refuse('state', state, 'data');
      read(json);
      return stringToBytes(json);
    },
    decode: (bytes) => read(bytesToString(bytes)),
  };
}

/** Decodes what a record holds. Data from the store is input: whatever is wrong with it gets one named error. */
export function decodeState<State>(key: Key, payload: Uint8Array, codec: Codec<State>): State {
  return checkAtOnce('decode()', decoded(key, payload, codec));
}

/** @throws InvalidArgumentError for anything but bytes. What the codec throws is passed on. */
export function encodeState<State>(state: State, codec: Codec<State>): Uint8Array {
  const bytes = checkAtOnce('encode()', codec.encode(state));
  if (!(bytes instanceof Uint8Array)) return refuse('encode()', bytes, 'a Uint8Array');
  return plainBytes(bytes);
}

/** The same bytes and never a Node.js `Buffer`: a slice of one is no copy, and a codec that keeps it would share memory. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function decoded<State>(key: Key, payload: Uint8Array, codec: Codec<State>): State {
  try {
    return codec.decode(payload);
  } catch (cause) {
    const reason = isNoriKVError(cause) ? cause.message : 'it is not a record of this kind';
    throw unreadable(key, reason, cause);
  }
}
