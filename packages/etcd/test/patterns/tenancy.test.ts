import { runOnEtcd } from '../support/on-etcd.js';

await runOnEtcd('tenancy');
