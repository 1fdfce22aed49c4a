import keyvTestSuite from '@keyv/test-suite';
import { createEphemeral } from '@norikv/embedded';
import { createMemoryStore } from '@norikv/testkit';
import Keyv from 'keyv';
import * as vitest from 'vitest';
import { NoriKVKeyvStore } from '../src/keyv.js';

const { afterAll, describe, expect, it } = vitest;
const embedded = await createEphemeral();
const stores = { memory: createMemoryStore(), embedded };
afterAll(() => embedded.close());

// The published suite, as it is.
describe.each(Object.entries(stores))('@keyv/test-suite on %s', (_name, store) => {
  let tests = 0;
  const counting = new Proxy(vitest, {
    get: (target, name) => {
      if (name !== 'it') return Reflect.get(target, name);
      return (...parameters: Parameters<typeof it>) => {
        tests += 1;
        return it(...parameters);
      };
    },
  });
  keyvTestSuite(counting, Keyv, () => new NoriKVKeyvStore(store));

  it('has 38 tests', () => {
    expect(tests).toBe(38);
  });
});
