import { type Capabilities, type KvStore, UnsupportedError } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { checkOneOf, checkOptions } from '@norikv/store/checks';
import { type AnyOptions, wrapStore } from './wrap-store.js';

/** A request option a server can fail to serve. */
export type ServedOption = 'ifNotExists' | 'ifMatchVersion' | 'ttlMs' | 'idempotencyKey';

/** Options of {@link withLyingServer}. */
export interface LyingServerOptions {
  /** Options it takes and forgets, as a server does that does not know a field. */
  readonly ignores?: readonly ServedOption[] | undefined;
  /** Options it answers with `UnsupportedError`, as a server does that does not know a method. */
  readonly refuses?: readonly ServedOption[] | undefined;
  /** Whether a put answers with a version that no get will ever show. */
  readonly putVersionsDiffer?: boolean | undefined;
  /** What it declares. Default: nothing, as a server that has never heard of the question. */
  readonly capabilities?: Capabilities | undefined;
}

const servedOptions: readonly ServedOption[] = ['ifNotExists', 'ifMatchVersion', 'ttlMs', 'idempotencyKey'];

const optionNames: readonly (keyof LyingServerOptions)[] = [
  'ignores',
  'refuses',
  'putVersionsDiffer',
  'capabilities',
];

/**
 * Wraps a store to behave like a server that does not keep the contract, to test that code refuses it
 * instead of trusting it.
 */
export function withLyingServer(store: KvStore, options: LyingServerOptions = {}): KvStore {
  checkOptions(options, optionNames);
  const ignored = new Set<string>(options.ignores);
  const refused = options.refuses ?? [];
  for (const name of [...ignored, ...refused])
    checkOneOf('an option that is not served', name, servedOptions);

  const lying = wrapStore(store, (call) => {
    checkCallOptions(call.options);
    const missing = refused.find((name) => isAsked(call.options, name));
    if (missing !== undefined) {
      throw new UnsupportedError(`The server does not know ${missing}`, { key: call.key });
    }
    const kept = Object.entries(call.options).filter(([name]) => !ignored.has(name));
    return call.send(Object.fromEntries(kept));
  });

  return {
    ...lying,
    capabilities: options.capabilities,
    async put(key, value, putOptions) {
      const version = await lying.put(key, value, putOptions);
      return options.putVersionsDiffer ? { term: version.term + 1n, index: version.index } : version;
    },
  };
}

function isAsked(options: AnyOptions, name: ServedOption): boolean {
  return options[name] !== undefined && options[name] !== null && options[name] !== false;
}
