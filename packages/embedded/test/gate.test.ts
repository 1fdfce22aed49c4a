import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { prepareFolder } from '../src/folder.js';
import { FolderGate } from '../src/gate.js';
import { ownIdentity } from '../src/process-identity.js';
import { newPath, openTestStore } from './support/folders.js';
import { startProgram } from './support/programs.js';

// LMDB's open takes the number of the last commit from the file and writes it into shared memory without a lock. A
// commit that ends in between is forgotten: reads miss it, and the next commit overwrites it.

const budgetMs = Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 3) * 1_000;

function gateOf(path: string, patienceMs?: number): FolderGate {
  return new FolderGate(prepareFolder(path), 'disk', patienceMs);
}

test(
  'nothing acknowledged is lost or unseen while other processes open and close the store',
  async () => {
    const path = newPath();
    const store = await openTestStore({ path });
    const openers = [startProgram('open-often', [path]), startProgram('open-often', [path])];
    for (const opener of openers) expect(await opener.line()).toBe('begins');
    const end = performance.now() + budgetMs;
    let writes = 0;
    while (performance.now() < end) {
      const version = await store.put('key', `${writes}`);
      expect((await store.get('key')).version).toEqual(version);
      writes += 1;
    }
    for (const opener of openers) {
      opener.kill();
      expect(await opener.exited).toBe('SIGKILL');
      expect(opener.errors()).toBe('');
    }
    expect((await store.get('key')).version.index).toBeGreaterThanOrEqual(BigInt(writes));
  },
  budgetMs + 300_000,
);

test(
  'processes that open and close a store at the same moments do not trip over each other',
  async () => {
    const path = newPath();
    await (await openTestStore({ path })).close();
    const openers = Array.from({ length: 3 }, () => startProgram('open-often', [path]));
    for (const opener of openers) expect(await opener.line()).toBe('begins');
    await sleep(budgetMs);
    // All at once: the death of one while it opens is not what the others are here for.
    for (const opener of openers) opener.kill();
    for (const opener of openers) {
      expect(await opener.exited).toBe('SIGKILL');
      expect(opener.errors()).toBe('');
    }
  },
  budgetMs + 300_000,
);

test('who wants to be alone waits for all work, and new work waits for him', async () => {
  const path = newPath();
  const [opener, first, second] = [gateOf(path), gateOf(path), gateOf(path)];
  const order: string[] = [];
  let endFirst: (() => void) | undefined;
  const firstWork = first.together(async () => {
    await new Promise<void>((resolve) => {
      endFirst = resolve;
    });
    order.push('first');
  });
  const opening = opener.alone(async () => {
    order.push('opening');
    await sleep(20);
    order.push('opened');
  });
  const secondWork = second.together(async () => {
    order.push('second');
  });
  await sleep(20);
  expect(order).toEqual([]);
  endFirst?.();
  await Promise.all([firstWork, opening, secondWork]);
  expect(order).toEqual(['first', 'opening', 'opened', 'second']);
  for (const gate of [opener, first, second]) gate.leave();
  expect(readdirSync(prepareFolder(path).gatePath)).toEqual([]);
});

test('work that ends, and work that waits, does not hide other work of the same store', async () => {
  const path = newPath();
  const [opener, store] = [gateOf(path), gateOf(path)];
  const order: string[] = [];
  let endLong: (() => void) | undefined;
  const long = store.together(async () => {
    await new Promise<void>((resolve) => {
      endLong = resolve;
    });
    order.push('long');
  });
  await store.together(async () => order.push('short'));
  const opening = opener.alone(async () => order.push('opened'));
  // Who has just looked does not look again at once.
  await sleep(25);
  const late = store.together(async () => order.push('late'));
  await sleep(20);
  expect(order).toEqual(['short']);
  endLong?.();
  await Promise.all([long, opening, late]);
  expect(order).toEqual(['short', 'long', 'opened', 'late']);
  for (const gate of [opener, store]) gate.leave();
});

test('work that follows work is announced once, and an end of it is announced soon', async () => {
  const path = newPath();
  const gate = gateOf(path);
  const { gatePath } = prepareFolder(path);
  const said = (): number => statSync(join(gatePath, readdirSync(gatePath)[0] ?? '')).size;
  expect(said()).toBe(0);
  await gate.together(async () => expect(said()).toBe(1));
  expect(said()).toBe(1);
  await gate.together(async () => expect(said()).toBe(1));
  // The next work may begin at any time after that.
  for (let round = 0; round < 20; round++) {
    while (said() === 1) await new Promise((resolve) => setImmediate(resolve));
    await gate.together(async () => expect(said()).toBe(1));
  }
  gate.leave();
});

test('work without a gap lets in who wants to be alone', async () => {
  const path = newPath();
  const [opener, store] = [gateOf(path), gateOf(path)];
  let isOpen = false;
  let isWorking = false;
  const opening = (async () => {
    await sleep(10);
    await opener.alone(async () => {
      expect(isWorking).toBe(false);
      await sleep(10);
      expect(isWorking).toBe(false);
      isOpen = true;
    });
  })();
  while (!isOpen) {
    await store.together(async () => {
      isWorking = true;
      await new Promise((resolve) => setImmediate(resolve));
      isWorking = false;
    });
  }
  await opening;
  for (const gate of [opener, store]) gate.leave();
});

test('of many who want to be alone each is, one after the other', async () => {
  const path = newPath();
  const gates = Array.from({ length: 12 }, () => gateOf(path));
  let inside = 0;
  let done = 0;
  await Promise.all(
    gates.map((gate, place) =>
      gate.alone(async () => {
        inside += 1;
        expect(inside).toBe(1);
        await sleep(place % 3);
        inside -= 1;
        done += 1;
      }),
    ),
  );
  expect(done).toBe(12);
  for (const gate of gates) gate.leave();
});

test.each([
  ['alone-', 0],
  ['alone-', 7],
  ['member-', 1],
])('a sign (%s) saying %j that its dead process left is taken down', async (prefix, word) => {
  const path = newPath();
  const { gatePath } = prepareFolder(path);
  const dead = startProgram('leave');
  dead.kill();
  await dead.exited;
  const old = ownIdentity().replace(/-\d+$/, '-1');
  mkdirSync(gatePath);
  for (const identity of [`${dead.pid}-77`, old, 'no-process']) {
    writeFileSync(join(gatePath, `${prefix}${identity}-0`), Buffer.alloc(word));
  }
  const gate = gateOf(path);
  expect(await gate.alone(() => 'opened')).toBe('opened');
  expect(await gate.together(async () => 'committed')).toBe('committed');
  gate.leave();
  expect(readdirSync(gatePath)).toEqual([]);
});

test('a process that stays in the middle of its commit is named', async () => {
  const path = newPath();
  const [opener, patient, writer] = [gateOf(path, 30), gateOf(path), gateOf(path)];
  let end: (() => void) | undefined;
  const work = writer.together(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  await expect(opener.alone(() => 'opened')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    outcome: 'not-applied',
    message: expect.stringContaining(`Process ${process.pid} `),
  });
  end?.();
  await work;
  expect(await patient.alone(() => 'opened')).toBe('opened');
});

test('signs in a copy of the folder hold nobody up there; by another name it is the same folder', async () => {
  const [path, copy, link] = [newPath(), newPath(), newPath()];
  const [writer, waiting] = [gateOf(path), gateOf(path)];
  let end: (() => void) | undefined;
  const work = writer.together(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  const opening = waiting.alone(() => 'opened');
  expect(readdirSync(prepareFolder(path).gatePath).join()).toContain('alone-');
  cpSync(path, copy, { recursive: true });
  symlinkSync(path, link);
  const inCopy = gateOf(copy, 30);
  expect(await inCopy.alone(() => 'opened')).toBe('opened');
  expect(await inCopy.together(async () => 'committed')).toBe('committed');
  expect([...inCopy.others()]).toEqual([]);
  const byLink = gateOf(link, 30);
  await expect(byLink.alone(() => 'opened')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  end?.();
  await work;
  expect(await opening).toBe('opened');
  for (const gate of [writer, waiting, inCopy, byLink]) gate.leave();
});

test('figures wait for nobody: they are asked for when commits are held up', async () => {
  const path = newPath();
  const store = await openTestStore({ path });
  const opener = gateOf(path);
  let puts: Promise<unknown>[] = [];
  await opener.alone(async () => {
    puts = [store.put('held', 'up')];
    await expect.poll(async () => (await store.stats()).waitingWrites).toBe(0);
    puts.push(store.put('waits', 'value'), store.vectorCreateIndex('some', 2, 'cosine'));
    expect(await store.stats()).toMatchObject({ waitingWrites: 1, vectors: { vectors: 0 } });
  });
  await Promise.all(puts);
  opener.leave();
});

test('a store whose folder was removed under it can still be written and closed', async () => {
  const path = newPath();
  const store = await openTestStore({ path });
  rmSync(path, { recursive: true });
  await store.put('key', new Uint8Array(10_000));
  expect((await store.stats()).keys).toBe(1);
});

test('a folder that takes no files is refused by name', () => {
  const folder = prepareFolder(newPath());
  writeFileSync(folder.gatePath, 'in the way');
  expect(() => new FolderGate(folder, 'disk')).toThrow(expect.objectContaining({ code: 'PATH_UNUSABLE' }));
});

test('a store sees the processes of the other stores at the gate, and not itself', () => {
  const path = newPath();
  const [one, other] = [gateOf(path), gateOf(path)];
  expect([...one.others()]).toEqual([process.pid]);
  other.leave();
  expect([...one.others()]).toEqual([]);
  one.leave();
});

test('those who want to be alone, one after the other without a gap, let in who waits for his work', async () => {
  const path = newPath();
  const store = gateOf(path);
  const openers = Array.from({ length: 3 }, () => gateOf(path));
  let isDone = false;
  const opening = openers.map(async (opener) => {
    while (!isDone) await opener.alone(() => sleep(1));
  });
  for (let times = 0; times < 5; times++) {
    // Who has just worked would go on without a look.
    await sleep(25);
    await store.together(async () => undefined);
  }
  isDone = true;
  await Promise.all(opening);
  for (const gate of [store, ...openers]) gate.leave();
});

test('who is stopped in the middle of his work holds up who wants to be alone, and not the work of others', async () => {
  const path = newPath();
  const [opener, stopped, store] = [gateOf(path), gateOf(path), gateOf(path)];
  let goOn: (() => void) | undefined;
  const standing = stopped.together(
    () =>
      new Promise<void>((resolve) => {
        goOn = resolve;
      }),
  );
  let isOpen = false;
  const opening = opener.alone(async () => {
    isOpen = true;
  });
  for (let work = 0; work < 3; work++) await store.together(async () => expect(isOpen).toBe(false));
  await sleep(25);
  await store.together(async () => expect(isOpen).toBe(false));
  goOn?.();
  await Promise.all([standing, opening]);
  expect(isOpen).toBe(true);
  for (const gate of [opener, stopped, store]) gate.leave();
}, 20_000);

test('who waits for his work and is stopped does not hold up who wants to be alone', async () => {
  const path = newPath();
  const opener = gateOf(path);
  writeFileSync(
    join(prepareFolder(path).gatePath, `member-${ownIdentity()}-${process.pid}-0`),
    Buffer.alloc(2),
  );
  expect(await opener.alone(() => 'opened')).toBe('opened');
  opener.leave();
});

test.each([
  ['0', 'first'],
  ['z', 'second'],
])('of two who took the same number, one named %j goes %s', async (suffix, place) => {
  const path = newPath();
  const opener = gateOf(path);
  const sign = join(prepareFolder(path).gatePath, `alone-${ownIdentity()}-${process.pid}-${suffix}`);
  // He has not said his number when the other takes one.
  writeFileSync(sign, '');
  let isOpen = false;
  const opening = opener.alone(() => {
    isOpen = true;
  });
  await sleep(20);
  expect(isOpen).toBe(false);
  writeFileSync(sign, Buffer.alloc(1));
  if (place === 'first') {
    await sleep(20);
    expect(isOpen).toBe(false);
    rmSync(sign);
  }
  await opening;
  opener.leave();
});

test('who dies while others wait for him to open is waited for no longer', async () => {
  const path = newPath();
  const opener = gateOf(path);
  const { pid, kill, exited } = startProgram('hold');
  writeFileSync(join(prepareFolder(path).gatePath, `alone-${pid}-0-${pid}-0`), '');
  const opening = opener.alone(() => 'opened');
  kill();
  await exited;
  expect(await opening).toBe('opened');
  opener.leave();
});

test('a store that has left says nothing more, nor into a file that got the number of its sign', async () => {
  const gate = gateOf(newPath());
  const file = newPath();
  writeFileSync(file, 'theirs');
  await gate.together(async () => undefined);
  gate.leave();
  const descriptor = openSync(file, 'r+');
  // Longer than it goes on saying that it works.
  await sleep(20);
  expect(readFileSync(file, 'utf8')).toBe('theirs');
  closeSync(descriptor);
});
