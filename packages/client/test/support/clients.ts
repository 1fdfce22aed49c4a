import type { NoriKVError } from '@norikv/store';
import { expect } from 'vitest';
import { type ClientConfig, NoriKVClient } from '../../src/index.js';

/** A connected client that does not follow the topology. */
export async function connect(address: string, config: Partial<ClientConfig> = {}): Promise<NoriKVClient> {
  const client = new NoriKVClient({ nodes: [address], watchCluster: false, ...config });
  await client.connect();
  return client;
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<NoriKVError> {
  const error = await call.then(
    (value) => expect.unreachable(`it gave ${String(value)}`),
    (reason: unknown) => reason,
  );
  return error as NoriKVError;
}
