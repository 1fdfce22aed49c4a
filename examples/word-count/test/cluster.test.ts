import { expect, it } from 'vitest';
import { canRunEtcd, needsEtcd, startCluster } from '../../../packages/etcd/test/support/etcd.js';
import { exampleOf } from '../../../test/run-example.js';

const runExample = exampleOf(import.meta.url);
it.skipIf(!canRunEtcd)(
  `counts into an etcd cluster, exact although a worker is killed, and goes on there ${needsEtcd}`,
  async () => {
    await using cluster = await startCluster(1);
    const args = ['--addresses', '4', '--workers', '2', '--store', `etcd://${cluster.hosts.join(',')}/words`];
    const first = await runExample(args);
    expect(first.stdout).toContain('0 lost, 0 counted twice.');
    expect(first.stderr).toContain('was killed');
    expect(first.exitCode).toBe(0);

    const again = await runExample([...args, '--no-kill']);
    expect(again.stderr).toContain('nothing is left to add.');
    expect(again.exitCode).toBe(0);

    const other = await runExample([...args, '--addresses', '2']);
    expect(other.stderr).toContain('--store: It holds a job over other text; use another prefix');
    expect(other.exitCode).toBe(2);
  },
  600_000,
);
