import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  canRunEtcd,
  needsEtcd,
  startCluster,
  startDivisibleCluster,
  type TestCluster,
} from './support/etcd.js';
import { canMakeNetworks, Networks } from './support/networks.js';
import { afterMs, pause, survives } from './support/survives.js';

describe.skipIf(!canRunEtcd)(`three members under load from three processes ${needsEtcd}`, () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(3);
    await cluster.leader();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  it('no fault', () => survives(cluster, async () => {}), 600_000);

  it(
    'a follower is killed and comes back',
    () =>
      survives(cluster, async () => {
        const leader = await cluster.leader();
        const follower = cluster.members.find((member) => member !== leader);
        await follower?.signal('SIGKILL');
        await pause(afterMs / 2);
        follower?.start();
      }),
    600_000,
  );

  it(
    'the leader is killed and comes back',
    () =>
      survives(cluster, async () => {
        const leader = await cluster.leader();
        await leader.signal('SIGKILL');
        await pause(afterMs / 2);
        leader.start();
      }),
    600_000,
  );

  it(
    'all are restarted, one by one',
    () =>
      survives(cluster, async () => {
        for (const member of cluster.members) {
          await member.signal('SIGTERM');
          member.start();
          await cluster.leader();
          await pause(1_000);
        }
      }),
    600_000,
  );

  it(
    'the leader is paused and goes on',
    () =>
      survives(cluster, async () => {
        const leader = await cluster.leader();
        await leader.signal('SIGSTOP');
        await pause(6_000);
        await leader.signal('SIGCONT');
      }),
    600_000,
  );

  it(
    'the quorum is lost and comes back',
    () =>
      survives(cluster, async () => {
        const lost = cluster.members.slice(0, 2);
        await Promise.all(lost.map((member) => member.signal('SIGKILL')));
        await pause(3_000);
        for (const member of lost) member.start();
      }),
    600_000,
  );
});

describe.skipIf(!canRunEtcd || !canMakeNetworks)(
  `three members in networks of their own ${needsEtcd}, and may need root`,
  () => {
    it('the leader is cut off from the others, and comes back', async () => {
      using networks = new Networks(3);
      await using cluster = startDivisibleCluster(3, networks);
      await cluster.leader();
      await survives(cluster, async () => {
        const place = cluster.members.indexOf(await cluster.leader());
        networks.cut(place);
        await pause(6_000);
        networks.heal(place);
      });
    }, 600_000);
  },
);
