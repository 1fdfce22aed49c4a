import { bytesToString, errorCode, find, type KvStore, type PutOptions } from '@norikv/store';
import {
  type ExploreOptions,
  exploreSchedules,
  type RaceEnd,
  type RaceProcess,
  type ScheduleFault,
  type ScheduleWorld,
} from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  allFaults,
  answerOf,
  createCarelessStore,
  drawn,
  everySchedule,
  isTold,
  maxFaults as usualFaults,
} from '../../testkit/test/every-schedule/every-schedule.js';
import {
  adoptLegacy,
  readLegacy,
  type TenantClient,
  TenantManager,
  type TenantManagerOptions,
  type TenantMetadata,
} from '../src/index.js';

const floor = 1;
/** Values are written under the versions that were read, and carry no mark. So no client may resend one by itself. */
const losses: readonly ScheduleFault[] = ['lost-request', 'lost-reply', 'delayed-delivery', 'crash'];

type Place = Pick<RaceProcess, 'store' | 'clock'> & Partial<RaceProcess>;

const limits = { keys: 2, bytes: 10 };
const plans = { free: { maxKeys: limits.keys, maxStorageMB: limits.bytes / 1_048_576 } };

function tenantsIn({ store, clock, random }: Place, options: TenantManagerOptions = {}): TenantManager {
  return new TenantManager(store, { clock, random, plans, ...options });
}

async function explore(
  scenario: (world: ScheduleWorld) => Promise<void>,
  faults: readonly ScheduleFault[],
  maxFaults = usualFaults,
  bounds: ExploreOptions = {},
): Promise<number> {
  return await everySchedule(scenario, { faults, maxFaults, ...bounds });
}

/** The ids that lead to a tenant, by its part of the store; the list must be the same. */
async function idsIn(world: ScheduleWorld): Promise<Map<string, string>> {
  const tenants = tenantsIn(world);
  const bySpace = new Map<string, string>();
  for (const id of ['acme', 'beta', 'gamma']) {
    const found = await tenants.get(id);
    if (!found) continue;
    expect(bySpace.has(found.space)).toBe(false);
    bySpace.set(found.space, id);
  }
  const listed = new Map<string, string>();
  for await (const { space, id } of tenants.list()) listed.set(space, id);
  expect(listed).toEqual(new Map([...bySpace].toSorted()));
  return bySpace;
}

const twoCreate = async (world: ScheduleWorld): Promise<void> => {
  const ends = await world.race(
    (process) => tenantsIn(process).create('acme', 'One', 'free'),
    (process) => tenantsIn(process).create('acme', 'Two', 'free'),
  );
  const ids = await idsIn(world);
  const [space, ...others] = ends.filter(isTold).map((end) => answerOf(end)?.space ?? '');
  expect(others).toEqual([]);
  if (space) expect([...ids]).toEqual([[space, 'acme']]);
  if (ids.size === 0) await tenantsIn(world).create('acme', 'Three', 'free');
};

describe('no schedule breaks that each tenant has one id, and each id one tenant,', () => {
  it('where two create it', async () => {
    expect(await explore(twoCreate, allFaults)).toBeGreaterThan(floor);
  });

  it('where it is deleted and created', async () => {
    const replaced = async (world: ScheduleWorld): Promise<void> => {
      const former = await tenantsIn(world).create('acme', 'One', 'free');
      const [deleted, created] = await world.race(
        (process) => tenantsIn(process).delete('acme'),
        (process) => tenantsIn(process).create('acme', 'Two', 'free'),
      );
      const ids = await idsIn(world);
      if (isTold(deleted)) expect(ids.has(former.space)).toBe(false);
      if (isTold(created)) expect(ids.get(answerOf(created)?.space ?? '')).toBe('acme');
    };
    expect(await explore(replaced, allFaults)).toBeGreaterThan(floor);
  });

  it.each<[string, (tenants: TenantManager) => Promise<{ readonly space: string }>, string]>([
    ['created under the new id', (tenants) => tenants.create('beta', 'Two', 'free'), 'beta'],
    ['created under the old id', (tenants) => tenants.create('acme', 'Two', 'free'), 'acme'],
    ['renamed by another one', (tenants) => tenants.rename('acme', 'gamma'), 'gamma'],
  ])('where one is renamed while one is %s', async (name, call, id) => {
    const renamed = async (world: ScheduleWorld): Promise<void> => {
      const former = await tenantsIn(world).create('acme', 'One', 'free');
      const [newId, other] = await world.race(
        (process) => tenantsIn(process).rename('acme', 'beta'),
        (process) => call(tenantsIn(process)),
      );
      const ids = await idsIn(world);
      expect(ids.has(former.space)).toBe(true);
      if (isTold(newId)) expect(ids.get(former.space)).toBe('beta');
      if (isTold(other)) expect(ids.get(answerOf(other)?.space ?? '')).toBe(id);
    };
    const maxFaults = name.startsWith('renamed') ? 0 : usualFaults;
    expect(await explore(renamed, allFaults, maxFaults)).toBeGreaterThan(floor);
  });

  it('where it is renamed and deleted: then none leads to it', async () => {
    const deleted = async (world: ScheduleWorld): Promise<void> => {
      await tenantsIn(world).create('acme', 'One', 'free');
      const [end, newId] = await world.race(
        (process) => tenantsIn(process).delete('acme'),
        (process) => tenantsIn(process).rename('acme', 'beta'),
      );
      const ids = [...(await idsIn(world)).values()];
      if (isTold(end)) expect(ids).toEqual([]);
      else if (isTold(newId)) expect(ids).toEqual(['beta']);
    };
    expect(await explore(deleted, allFaults)).toBeGreaterThan(floor);
  });
});

/** Few switches are enough, and leave few schedules. */
const fewSwitches: ExploreOptions = { maxSwitches: 2 };

/** What a tenant's record in the store says. */
async function recordOf(world: ScheduleWorld, space: string): Promise<string> {
  return bytesToString((await world.store.get(`t.tenant/${space}`)).value);
}

const managed = async (world: ScheduleWorld): Promise<void> => {
  const first = await tenantsIn(world).create('acme', 'One', 'free');
  const deleted = new Set<string>();
  const made = new Set([first.space]);
  const each = (...calls: ((tenants: TenantManager) => Promise<TenantMetadata>)[]) => {
    return async (process: RaceProcess): Promise<void> => {
      for (const call of calls) {
        const told = await call(tenantsIn(process)).catch(expectAnswer);
        if (told) (told.status === 'deleted' ? deleted : made).add(told.space);
      }
    };
  };
  await world.race(
    each(
      (tenants) => tenants.create('beta', 'Two', 'free'),
      (tenants) => tenants.rename('acme', 'gamma'),
      (tenants) => tenants.rename('beta', 'acme'),
    ),
    each(
      (tenants) => tenants.rename('acme', 'beta'),
      (tenants) => tenants.create('acme', 'Three', 'free'),
    ),
    each(
      (tenants) => tenants.delete('beta'),
      (tenants) => tenants.delete('acme'),
    ),
  );
  const ids = await idsIn(world);
  for (const space of made) {
    const isDeleted = (await recordOf(world, space)).includes('"status":"deleted"');
    expect(ids.has(space)).toBe(!isDeleted);
    if (deleted.has(space)) expect(isDeleted).toBe(true);
  }
};

/** What the calls above may fail with, whoever was first and whatever was lost. */
function expectAnswer(error: unknown): void {
  expect(['TENANT_EXISTS', 'TENANT_NOT_FOUND', 'CONTENTION', 'OUTCOME_UNKNOWN', 'UNAVAILABLE']).toContain(
    errorCode(error),
  );
}

describe('no schedule breaks that a tenant has an id', () => {
  it('while its former id is that of another one, which is renamed, too', async () => {
    const replaced = async (world: ScheduleWorld): Promise<void> => {
      await tenantsIn(world).create('acme', 'One', 'free');
      const [, other] = await world.race(
        (process) => tenantsIn(process).rename('acme', 'beta'),
        async (process) => {
          const tenants = tenantsIn(process);
          await tenants.delete('acme');
          await tenants.create('acme', 'Two', 'free');
          return tenants.rename('acme', 'gamma');
        },
      );
      const ids = [...(await idsIn(world))];
      if (isTold(other)) expect(ids).toEqual([[answerOf(other)?.space, 'gamma']]);
      else expect(ids.map(([, id]) => id)).toEqual(['beta']);
    };
    expect(await explore(replaced, allFaults, 0, fewSwitches)).toBeGreaterThan(floor);
  });

  it('and is in the list while another one gets its former id', async () => {
    const listed = async (world: ScheduleWorld): Promise<void> => {
      const { space } = await tenantsIn(world).create('acme', 'One', 'free');
      const [list] = await world.race(
        async (process) => {
          const spaces: string[] = [];
          for await (const tenant of tenantsIn(process).list()) spaces.push(tenant.space);
          return spaces;
        },
        async (process) => {
          const tenants = tenantsIn(process);
          await tenants.rename('acme', 'beta');
          await tenants.create('acme', 'Two', 'free');
        },
      );
      expect(answerOf(list)).toContain(space);
    };
    expect(await explore(listed, allFaults, 0, fewSwitches)).toBeGreaterThan(floor);
  });

  it('of two renames that of the last one, and the other one is told so', async () => {
    const renamed = async (world: ScheduleWorld): Promise<void> => {
      const { space } = await tenantsIn(world).create('acme', 'One', 'free');
      const ends = await world.race(
        (process) => tenantsIn(process).rename('acme', 'beta'),
        (process) => tenantsIn(process).rename('acme', 'gamma'),
      );
      const codes = ends.flatMap((end) => (end.status === 'rejected' ? [errorCode(end.reason)] : []));
      if ((await recordOf(world, space)).includes('"renames":2')) expect(codes).toEqual(['CONTENTION']);
    };
    expect(await explore(renamed, allFaults, 0)).toBeGreaterThan(floor);
  });

  it('if three processes create, rename and delete', async () => {
    expect(await explore(managed, allFaults, 2, drawn(300))).toBeGreaterThan(floor);
  });
});

type Work = (client: TenantClient, store: KvStore) => Promise<unknown>;
const names = ['x', 'y', 'z'];

/** Two processes write to one tenant; what is counted is never less than what is there, and never too much. */
function counted(before: Work, works: readonly Work[], options: TenantManagerOptions = {}) {
  return async (world: ScheduleWorld): Promise<readonly RaceEnd<unknown>[]> => {
    const tenants = tenantsIn(world);
    const { space } = await tenants.create('acme', 'Acme', 'free');
    await before(await tenants.getClient('acme'), world.store);
    const ends = await world.race(
      ...works.map((work) => async (process: RaceProcess) => {
        const own = tenantsIn(process, options);
        const answer = await work(await own.getClient('acme'), process.store);
        await own.close();
        return answer;
      }),
    );
    const there = { keys: 0, bytes: 0 };
    for (const name of names) {
      const entry = await find(world.store, `t/${space}/${name}`);
      const isCounted = entry?.value[0] === 1;
      if (!isCounted) continue;
      there.keys += 1;
      there.bytes += entry.value.length - 1;
    }
    const usage = await tenants.usage('acme');
    for (const unit of ['keys', 'bytes'] as const) {
      expect(usage[unit]).toBeGreaterThanOrEqual(there[unit]);
      expect(there[unit]).toBeLessThanOrEqual(limits[unit]);
    }
    if (ends.every(isTold)) expect(usage).toEqual(there);
    return ends;
  };
}

const put = (key: string, value: string, options?: PutOptions): Work => {
  return (client) => client.put(key, value, options);
};
const remove = (key: string): Work => {
  return (client) => client.delete(key);
};
const nothing: Work = async () => {};
const inTurn = (...works: readonly Work[]): Work => {
  return async (client, store) => {
    for (const work of works) await work(client, store);
  };
};

describe('no schedule breaks that a tenant uses no more than is counted, and that than it may have,', () => {
  it.each<[string, Work, readonly [Work, Work], TenantManagerOptions]>([
    ['for the last key', put('z', '1'), [put('x', '1'), put('y', '1')], {}],
    ['for the last bytes', put('x', '1'), [put('x', '123456'), put('y', '123456')], {}],
    ['for one new key', nothing, [put('x', '12', { ifNotExists: true }), put('x', '1')], {}],
    ['while it is removed', put('x', '123'), [put('x', '12345'), remove('x')], {}],
    ['while it grows less', put('x', '123456'), [put('x', '123'), put('x', '12')], {}],
    ['in chunks', put('z', '1'), [put('x', '12'), put('y', '12')], { chunk: { keys: 2, bytes: 5 } }],
  ])('where two write %s', async (_name, before, works, options) => {
    const scenario = counted(before, works, options);
    const schedules = await explore(async (world) => {
      await scenario(world);
    }, losses);
    expect(schedules).toBeGreaterThan(floor);
  });

  it('where three write and remove several keys, in chunks', async () => {
    const scenario = counted(
      put('z', '1'),
      [
        inTurn(put('x', '123'), remove('z'), put('y', '12')),
        inTurn(put('y', '1234'), put('x', '1', { ttlMs: 60_000 }), remove('y')),
        inTurn(remove('x'), put('z', '123456'), put('x', '12')),
      ],
      { chunk: { keys: 1, bytes: 3 } },
    );
    const schedules = await explore(
      async (world) => {
        await scenario(world);
      },
      losses,
      2,
      drawn(300),
    );
    expect(schedules).toBeGreaterThan(floor);
  });

  it('where an old key is moved by two, or written meanwhile, and none is lost', async () => {
    const adopt: Work = (client, store) => adoptLegacy(store, client, 'x');
    const old: Work = (_client, store) => store.put('tenant:acme:x', 'old');
    for (const other of [adopt, put('x', 'new')]) {
      const scenario = counted(old, [adopt, other]);
      const moved = async (world: ScheduleWorld): Promise<void> => {
        const [adopted, written] = await scenario(world);
        const tenants = tenantsIn(world);
        const client = await tenants.getClient('acme');
        const entry = await client.find('x');
        // Several that crashed may leave no room.
        await tenants.setUsage('acme', { keys: entry ? 1 : 0, bytes: entry?.value.length ?? 0 });
        if (entry === null || (adopted && !isTold(adopted))) await adoptLegacy(world.store, client, 'x');
        const text = bytesToString((await client.get('x')).value);
        if (other !== adopt && written && isTold(written)) expect(text).toBe('new');
        expect(await readLegacy(world.store, 'acme', 'x')).toBeNull();
      };
      expect(await explore(moved, losses)).toBeGreaterThan(floor);
    }
  });
});

it('the schedules notice a store that ignores conditions', async () => {
  const createStore = createCarelessStore;
  await expect(exploreSchedules(twoCreate, { createStore })).rejects.toThrow('Schedule');
  await expect(exploreSchedules(managed, { createStore, ...drawn(300) })).rejects.toThrow('Schedule');
});
