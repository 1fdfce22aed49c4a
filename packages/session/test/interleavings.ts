import type { KvStore } from '@norikv/store';
import { seededRandom } from '@norikv/testkit';
import type { SessionManager } from '../src/index.js';
import { startProcesses, times } from './processes.js';

const rates = {
  'lost-request': 0.04,
  'lost-reply': 0.05,
  'delayed-delivery': 0.05,
  'duplicated-delivery': 0.05,
  'own-mismatch': 0.03,
  outage: 0.004,
};

/** A session, whichever of its ids it has. */
interface Family {
  readonly createdBefore: number;
  readonly ids: string[];
  /** Somebody was told that it is over. */
  isOver: boolean;
  /** Something was tried that may end it. */
  isInDoubt: boolean;
}

/** What became of one schedule. */
export interface Outcome {
  /** Sessions somebody was told are over, and whose id still opens a door. */
  readonly resurrected: number;
  /** Sessions nobody touched, and which are gone. */
  readonly lost: number;
  /** Sessions somebody was told are over. */
  readonly ended: number;
}

export interface Sabotage {
  /** Puts something between each process and the store. */
  readonly wrap?: (store: KvStore) => KvStore;
  /** How a process reads a session. Default: as it should. */
  readonly get?: (sessions: SessionManager, id: string, store: KvStore) => Promise<unknown>;
}

/** Plays one random schedule: three processes, one user, and everything that can be done to a session. */
export async function play(seed: number, sabotage: Sabotage = {}): Promise<Outcome> {
  const { wrap, get = (sessions, id) => sessions.get(id) } = sabotage;
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const { clock, memory, all } = startProcesses(3, {
    seed,
    rates,
    latencyMs: 1,
    deadlineMs: 2_000,
    maxSessions: 50,
    ...(wrap && { wrap }),
  });
  const managers = all.map(({ sessions }) => sessions);
  const families: Family[] = [];
  let step = 0;
  let lastRevocation = 0;
  let pendingRevocations = 0;

  const signIn = async (): Promise<void> => {
    const begun = step;
    const isRace = pendingRevocations > 0;
    const id = await pick(managers).create('user', 'user@example.com', []);
    const isInDoubt = isRace || lastRevocation > begun;
    step += 1;
    families.push({ createdBefore: step, ids: [id], isOver: false, isInDoubt });
  };
  const revocation = (): number => {
    step += 1;
    lastRevocation = step;
    pendingRevocations += 1;
    return step;
  };
  const over = (family: Family): void => {
    family.isOver = true;
  };
  const actions = {
    get: (manager: SessionManager, { ids }: Family) => get(manager, pick(ids), memory),
    update: (manager: SessionManager, { ids }: Family) =>
      manager.update(pick(ids), (data) => ({ ...data, roles: [...data.roles, 'more'] })),
    async regenerate(manager: SessionManager, family: Family) {
      family.isInDoubt = true;
      const newId = await manager.regenerate(pick(family.ids), { overlapMs: pick([0, 0, 1_000]) });
      if (newId !== null) family.ids.push(newId);
    },
    async destroy(manager: SessionManager, family: Family) {
      family.isInDoubt = true;
      await manager.destroy(pick(family.ids));
      over(family);
    },
    async revoke(manager: SessionManager, family: Family) {
      family.isInDoubt = true;
      const handle = await manager.handleOf(pick(family.ids));
      if (handle === null) return;
      await manager.revoke('user', handle);
      over(family);
    },
    async revokeAll(manager: SessionManager) {
      const begun = revocation();
      for (const family of families) family.isInDoubt = true;
      await manager.revokeAll('user');
      pendingRevocations -= 1;
      for (const family of families) if (family.createdBefore < begun) over(family);
    },
    async revokeOthers(manager: SessionManager, own: Family) {
      const begun = revocation();
      for (const family of families) if (family !== own) family.isInDoubt = true;
      const count = await manager.revokeOthers(pick(own.ids));
      pendingRevocations -= 1;
      if (count === null) return;
      for (const family of families) if (family !== own && family.createdBefore < begun) over(family);
    },
    signIn,
  };
  const names = ['get', 'get', 'update', 'update', 'regenerate', 'destroy'] as const;
  const rare = ['revoke', 'revokeAll', 'revokeOthers', 'signIn'] as const;

  await clock.run(
    signIn()
      .then(signIn, signIn)
      .catch(() => {}),
  );
  const request = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      clock.startTimer(resolve, Math.floor(random() * 8));
    });
    const family = pick(families);
    const action = random() < 0.75 ? pick(names) : pick(rare);
    if (family) await actions[action](pick(managers), family).catch(() => {});
  };
  await clock.run(Promise.all(times(6, request)));
  for (const { faulty } of all) faulty.faults.stop();
  await clock.advance(10_000);

  const isOpen = async (id: string): Promise<boolean> => (await clock.run(pick(managers).get(id))) !== null;
  let resurrected = 0;
  let lost = 0;
  for (const { ids, isOver, isInDoubt } of families) {
    const open = [];
    for (const id of ids) open.push(await isOpen(id));
    if (isOver && open.includes(true)) resurrected += 1;
    if (!isInDoubt && !open.includes(true)) lost += 1;
  }
  return { resurrected, lost, ended: families.filter(({ isOver }) => isOver).length };
}

/** Plays many and adds up; with a sabotage, until one is noticed. */
export async function playAll(count: number, sabotage?: Sabotage): Promise<Outcome> {
  const sum = { resurrected: 0, lost: 0, ended: 0 };
  for (let seed = 0; seed < count; seed += 1) {
    const { resurrected, lost, ended } = await play(seed, sabotage);
    sum.resurrected += resurrected;
    sum.lost += lost;
    sum.ended += ended;
    if (sabotage && resurrected > 0) break;
  }
  return sum;
}
