import { test } from '@japa/runner';
import { createEphemeral } from '@norikv/embedded';
import { createMemoryStore } from '@norikv/testkit';
import { registerCacheDriverTestSuite } from 'bentocache/test_suite';
import { noriKVDriver } from '../../src/bentocache.js';

const embedded = await createEphemeral();
for (const [name, store] of Object.entries({ memory: createMemoryStore(), embedded })) {
  test.group(name, (group) => {
    const { factory } = noriKVDriver(store);
    registerCacheDriverTestSuite({ test, group, createDriver: (options) => factory({ ...options }) });
    if (store === embedded) group.teardown(() => embedded.close());
  });
}
