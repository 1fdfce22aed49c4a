import { createUpdater, keep, write } from '@norikv/cas-retry';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { documentCodec, unknownDocument } from '../src/deduplication/document-state.js';
import { withdraw } from '../src/deduplication/document-transitions.js';
import type { DeduplicatorOptions } from '../src/index.js';
import { Inspector } from './deduplication/inspector.js';
import { DocumentDeduplicator, passage, processes } from './deduplication/world.js';

function open(options: DeduplicatorOptions) {
  const inspector = new Inspector(createMemoryStore());
  return { inspector, dedup: new DocumentDeduplicator(inspector.store, null, 0.95, options) };
}

async function expectClean({ dedup, inspector }: ReturnType<typeof open>): Promise<void> {
  expect(await dedup.verify()).toMatchObject({ isClean: true });
  expect(await inspector.ghosts()).toEqual([]);
  expect(await inspector.doubles()).toEqual([]);
}

const textOf = (value: unknown) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : '');
const copy = (variant: string) => passage('a', 4, variant);

describe('reject', () => {
  it('keeps nothing of a duplicate, and leaves a document that would become one as it was', async () => {
    const world = open({ policy: 'reject' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    expect((await dedup.checkAndStore('b', copy('v'))).action).toBe('rejected');
    expect(await dedup.get('b')).toBeNull();
    await dedup.checkAndStore('c', passage('c'));
    expect(await dedup.checkAndStore('c', copy('w'))).toMatchObject({ action: 'rejected', duplicateOf: 'a' });
    expect((await dedup.checkAndStore('c', passage('c'))).action).toBe('unchanged');
    await expectClean(world);
  });
});

describe('link', () => {
  it('keeps a duplicate as an alias, also when it is stored again', async () => {
    const world = open({ policy: 'link' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    expect(await dedup.checkAndStore('b', copy('v'))).toMatchObject({ action: 'linked', duplicateOf: 'a' });
    expect(await dedup.get('b')).toMatchObject({ isAdmitted: false, duplicateOf: 'a' });
    expect((await dedup.get('a'))?.aliases).toEqual(['b']);
    expect(await dedup.checkAndStore('b', copy('v'))).toMatchObject({
      action: 'unchanged',
      duplicateOf: 'a',
    });
    await expectClean(world);
  });

  it('promotes the oldest alias when its document is removed, and the others follow it', async () => {
    const world = open({ policy: 'link' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    for (const id of ['v', 'w', 'x']) await dedup.checkAndStore(id, copy(id));
    await dedup.removeDocument('a');
    expect(await dedup.get('v')).toMatchObject({ isAdmitted: true, aliases: ['w', 'x'] });
    expect((await dedup.checkAndStore('new', passage('a'))).duplicateOf).toBe('v');
    await expectClean(world);
  });

  it('admits every alias that only the removed document held back', async () => {
    const world = open({ policy: 'link', near: { threshold: 0.55 } });
    const { dedup } = world;
    const words = passage('a').split(' ');
    const [left, right] = [passage('v').split(' '), passage('w').split(' ')];
    await dedup.checkAndStore('a', words.join(' '));
    // Each has three quarters of the document, and half of it in common with the other.
    await dedup.checkAndStore('v', [...left.slice(0, 15), ...words.slice(15)].join(' '));
    await dedup.checkAndStore('w', [...words.slice(0, 45), ...right.slice(45)].join(' '));
    expect((await dedup.get('a'))?.aliases).toEqual(['v', 'w']);
    await dedup.removeDocument('a');
    expect(await dedup.get('v')).toMatchObject({ isAdmitted: true, aliases: [] });
    expect(await dedup.get('w')).toMatchObject({ isAdmitted: true, aliases: [] });
    await expectClean(world);
  });

  it('decides anew upon the aliases of a document that became something else', async () => {
    const world = open({ policy: 'link' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    await dedup.checkAndStore('b', copy('v'));
    expect((await dedup.checkAndStore('a', passage('z'))).action).toBe('updated');
    expect(await dedup.get('b')).toMatchObject({ isAdmitted: true, duplicateOf: null });
    await expectClean(world);
  });

  it('lets an alias go that becomes something else, or is removed', async () => {
    const world = open({ policy: 'link' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    await dedup.checkAndStore('b', copy('v'));
    await dedup.checkAndStore('c', copy('w'));
    expect((await dedup.checkAndStore('b', passage('b'))).action).toBe('admitted');
    expect(await dedup.removeDocument('c')).toBe(true);
    expect((await dedup.get('a'))?.aliases).toEqual([]);
    await expectClean(world);
  });

  it('moves an alias to the document that it duplicates now', async () => {
    const world = open({ policy: 'link' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    await dedup.checkAndStore('z', passage('z'));
    await dedup.checkAndStore('b', copy('v'));
    expect(await dedup.checkAndStore('b', passage('z', 4))).toMatchObject({
      action: 'linked',
      duplicateOf: 'z',
    });
    expect((await dedup.get('a'))?.aliases).toEqual([]);
    expect((await dedup.get('z'))?.aliases).toEqual(['b']);
    await expectClean(world);
  });

  it('stands after all when its document is removed while it is linked', async () => {
    const world = open({ policy: 'link' });
    await world.dedup.checkAndStore('a', passage('a'));
    let isRemoved = false;
    const interrupted = new Proxy(world.inspector.store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...call: unknown[]) => {
          const isLinking = String(call[0]).endsWith('doc/b') && textOf(call[1]).includes('"alias":{');
          if (name === 'put' && isLinking && !isRemoved) {
            isRemoved = true;
            await world.dedup.removeDocument('a');
          }
          return value.apply(target, call);
        };
      },
    });
    const dedup = new DocumentDeduplicator(interrupted, null, 0.95, { policy: 'link' });
    expect(await dedup.checkAndStore('b', copy('v'))).toMatchObject({
      action: 'admitted',
      isDuplicate: false,
    });
    expect(isRemoved).toBe(true);
    await expectClean(world);
  });

  it('rejects duplicates beyond the aliases a document may have', async () => {
    const world = open({ policy: 'link', maxAliases: 1 });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    expect((await dedup.checkAndStore('b', copy('v'))).action).toBe('linked');
    expect(await dedup.checkAndStore('c', copy('w'))).toMatchObject({ action: 'rejected', duplicateOf: 'a' });
    expect(await dedup.get('c')).toBeNull();
    await expectClean(world);
  });
});

describe('merge', () => {
  it('compares later texts with the members too, and names the document they belong to', async () => {
    const world = open({ policy: 'merge', near: { threshold: 0.6 } });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    const middle = passage('a', 12, 'v');
    const far = middle.split(' ').slice(0, 44).concat(passage('u').split(' ').slice(0, 12)).join(' ');
    expect((await dedup.checkAndStore('b', middle)).action).toBe('merged');
    expect(await dedup.checkAndStore('c', far)).toMatchObject({ action: 'merged', duplicateOf: 'a' });
    const linked = new DocumentDeduplicator(createMemoryStore(), null, 0.95, {
      policy: 'link',
      near: { threshold: 0.6 },
    });
    await linked.checkAndStore('a', passage('a'));
    await linked.checkAndStore('b', middle);
    expect((await linked.checkAndStore('c', far)).isDuplicate).toBe(false);
    await expectClean(world);
    await dedup.removeDocument('a');
    expect((await dedup.get('b'))?.aliases).toEqual(['c']);
    await expectClean(world);
  });
});

describe('a member of a group', () => {
  it('is no duplicate for its own document', async () => {
    const world = open({ policy: 'merge' });
    await world.dedup.checkAndStore('a', passage('a'));
    await world.dedup.checkAndStore('b', copy('v'));
    expect(await world.dedup.checkAndStore('a', copy('v'))).toMatchObject({
      action: 'updated',
      isDuplicate: false,
    });
    expect(await world.dedup.get('b')).toMatchObject({ duplicateOf: 'a' });
    await expectClean(world);
  });

  it('stands in nobody’s way when its document is gone, and loses its claim', async () => {
    const { inspector, dedup } = open({ policy: 'merge' });
    await dedup.checkAndStore('a', passage('a'));
    await dedup.checkAndStore('b', copy('v'));
    await inspector.store.delete('dedup:doc_fingerprints:doc/a');
    expect(await dedup.checkAndStore('c', copy('v'))).toMatchObject({
      action: 'admitted',
      isDuplicate: false,
    });
    await dedup.repair();
    expect(await dedup.get('b')).toMatchObject({ duplicateOf: 'c' });
    expect(await inspector.doubles()).toEqual([]);
  });
});

describe('replace', () => {
  it('lets the newcomer stand, and brings the former one back when that is removed', async () => {
    const world = open({ policy: 'replace' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    expect(await dedup.checkAndStore('b', copy('v'))).toMatchObject({
      isDuplicate: true,
      duplicateOf: 'a',
      action: 'replaced',
    });
    expect(await dedup.get('a')).toMatchObject({ isAdmitted: false, duplicateOf: 'b' });
    expect(await dedup.checkAndStore('c', passage('a'))).toMatchObject({
      action: 'replaced',
      duplicateOf: 'b',
    });
    await expectClean(world);
    await dedup.removeDocument('c');
    expect((await dedup.get('b'))?.aliases).toEqual(['a']);
    await expectClean(world);
  });

  it('lists what it replaced, also when it has to begin again in between', async () => {
    const world = open({ policy: 'replace' });
    await world.dedup.checkAndStore('a', passage('a'));
    const key = 'dedup:doc_fingerprints:doc/b';
    let isOusted = false;
    const interrupted = new Proxy(world.inspector.store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...call: unknown[]) => {
          const isDemoting = String(call[0]).endsWith('doc/a') && textOf(call[1]).includes('"alias":{');
          if (name === 'put' && isDemoting && !isOusted) {
            isOusted = true;
            const updater = createUpdater(world.inspector.store);
            const generation = (await updater.read(key, documentCodec))?.candidate?.generation ?? 0;
            await updater.update(key, documentCodec, withdraw(generation));
          }
          return value.apply(target, call);
        };
      },
    });
    const dedup = new DocumentDeduplicator(interrupted, null, 0.95, { policy: 'replace' });
    expect(await dedup.checkAndStore('b', copy('v'))).toMatchObject({ action: 'replaced', duplicateOf: 'a' });
    expect(isOusted).toBe(true);
    expect((await dedup.get('b'))?.aliases).toEqual(['a']);
    await expectClean(world);
  });

  it('keeps an update that duplicates another document', async () => {
    const world = open({ policy: 'replace' });
    const { dedup } = world;
    await dedup.checkAndStore('a', passage('a'));
    await dedup.checkAndStore('b', passage('b'));
    expect((await dedup.checkAndStore('b', passage('a'))).action).toBe('replaced');
    expect(await dedup.get('a')).toMatchObject({ duplicateOf: 'b' });
    await expectClean(world);
  });
});

it('finds the document that stands behind aliases of aliases, and lists them all', async () => {
  const world = open({ policy: 'merge' });
  await world.dedup.checkAndStore('a', passage('a'));
  await world.dedup.checkAndStore('b', copy('v'));
  const replacing = new DocumentDeduplicator(world.inspector.store, null, 0.95, { policy: 'replace' });
  expect(await replacing.checkAndStore('c', passage('a', 1, 'u'))).toMatchObject({ action: 'replaced' });
  expect(await world.dedup.checkAndStore('d', copy('v'))).toMatchObject({ duplicateOf: 'c', stage: 'exact' });
  expect(await world.dedup.checkAndStore('b', copy('v'))).toMatchObject({
    action: 'unchanged',
    duplicateOf: 'c',
  });
  const documents: (readonly [string, string | null])[] = [];
  for await (const { id, duplicateOf } of world.dedup.documents()) documents.push([id, duplicateOf]);
  expect(documents.sort()).toEqual([
    ['a', 'c'],
    ['b', 'a'],
    ['c', null],
    ['d', 'c'],
  ]);
  await expectClean(world);
});

it('changes nothing when what was replaced by many, one after the other, is stored again', async () => {
  const world = open({ policy: 'replace' });
  const { dedup } = world;
  for (let number = 0; number <= 25; number += 1) await dedup.checkAndStore(`d${number}`, passage('a'));
  expect(await dedup.checkAndStore('d0', passage('a'))).toMatchObject({
    action: 'unchanged',
    duplicateOf: 'd25',
  });
  expect(await dedup.get('d25')).toMatchObject({ isAdmitted: true });
  await expectClean(world);
});

it('follows no aliases in a circle, which no call makes', async () => {
  const { dedup, inspector } = open({ policy: 'link' });
  await dedup.checkAndStore('a', passage('a'));
  await dedup.checkAndStore('b', passage('a'));
  const updater = createUpdater(inspector.store);
  const equal = { stage: 'exact', similarity: 1, verdict: 'duplicate', objection: null } as const;
  for (const [id, head] of ['ab', 'ba']) {
    await updater.update(`dedup:doc_fingerprints:doc/${id}`, documentCodec, (state = unknownDocument) => {
      const revision = state.standing ?? state.alias?.revision;
      if (!revision || !head) return keep(null);
      const alias = { match: { id: head, ...equal }, revision, isMember: false };
      return write({ ...state, standing: null, alias, aliases: [head] }, null);
    });
  }
  expect(await dedup.checkAndStore('b', passage('a'))).toMatchObject({ action: 'admitted' });
});

it('replaces nothing that is removed meanwhile', async () => {
  const base = createMemoryStore();
  const [other] = processes(base, 1);
  let isArmed = false;
  const put: typeof base.put = async (...call) => {
    if (isArmed && String(call[0]).endsWith('doc/a')) await other?.removeDocument('a');
    return base.put(...call);
  };
  const store = Object.assign(Object.create(base), { put }) as typeof base;
  const dedup = new DocumentDeduplicator(store, null, 0.95, { policy: 'replace' });
  await dedup.checkAndStore('a', passage('a'));
  isArmed = true;
  expect(await dedup.checkAndStore('b', passage('a'))).toMatchObject({
    action: 'admitted',
    duplicateOf: null,
  });
  expect(await dedup.get('b')).toMatchObject({ isAdmitted: true, aliases: [] });
  expect(await dedup.verify()).toMatchObject({ checked: 1, isClean: true });
});
