import { NoriKVClient } from '../../src/index.js';

// Used and never closed.
const client = new NoriKVClient({ nodes: [process.argv[2] ?? ''], watchCluster: false });
await client.connect();
await client.put('key', 'value');
