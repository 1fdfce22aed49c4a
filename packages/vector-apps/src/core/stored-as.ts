import { type Codec, jsonCodec } from '@norikv/cas-retry';
import { stringToBytes } from '@norikv/store';

/**
 * A codec for a state that is not plain data itself, such as one with a map.
 *
 * @param dataOf - what is kept as JSON.
 * @param read - makes the state of that again, or throws.
 */
export function storedAs<State>(
  dataOf: (state: State) => unknown,
  read: (data: unknown) => State,
): Codec<State> {
  return { ...jsonCodec(read), encode: (state) => stringToBytes(JSON.stringify(dataOf(state))) };
}
