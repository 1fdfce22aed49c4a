import { describe, expect, test } from 'vitest';
import { openEmbedded, StoreInUseError } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import { type Program, startProgram } from './support/programs.js';

describe('an exclusive store', () => {
  test('refuses other openers, of this process and of others', async () => {
    const path = newPath();
    await openTestStore({ path, exclusive: true });
    await expect(openEmbedded({ path })).rejects.toThrow(StoreInUseError);
    await expect(openEmbedded({ path, exclusive: true })).rejects.toThrow(StoreInUseError);
    const other = startProgram('hold', [JSON.stringify({ path })]);
    expect(await other.exited).toBe(1);
    expect(other.errors()).toContain('open elsewhere with exclusive: true');
  });

  test('refuses to be opened while others have the store open', async () => {
    const path = newPath();
    const other = await hold({ path });
    await expect(openEmbedded({ path, exclusive: true })).rejects.toThrow(StoreInUseError);
    other.send('close');
    expect(await other.exited).toBe(0);
    const here = await openTestStore({ path });
    await expect(openEmbedded({ path, exclusive: true })).rejects.toThrow('open elsewhere');
    await here.put('still', 'usable');
  });

  test('is free again when it is closed', async () => {
    const path = newPath();
    const first = await openEmbedded({ path, exclusive: true });
    await first.put('key', 'value');
    await first.close();
    const second = await openTestStore({ path });
    expect(await second.find('key')).not.toBeNull();
    await openTestStore({ path });
  });

  test('is free again when its process has died', async () => {
    const path = newPath();
    const other = await hold({ path, exclusive: true });
    await expect(openEmbedded({ path })).rejects.toThrow(StoreInUseError);
    other.kill();
    expect(await other.exited).toBe('SIGKILL');
    await openTestStore({ path, exclusive: true });
  });

  test('a refused opener leaves the store as usable as before', async () => {
    const path = newPath();
    const other = await hold({ path });
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(openEmbedded({ path, exclusive: true })).rejects.toThrow(StoreInUseError);
    }
    other.kill();
    await other.exited;
    const store = await openTestStore({ path, exclusive: true });
    await store.put('key', 'value');
  });
});

describe('durability', () => {
  test('is the same for all who have the store open', async () => {
    const path = newPath();
    const relaxed = await openTestStore({ path, durability: 'os' });
    expect(relaxed.capabilities.durableAck).toBe(false);
    await expect(openEmbedded({ path })).rejects.toThrow('with another durability');
    await relaxed.put('key', 'value');
    await relaxed.close();
    const strict = await openTestStore({ path });
    expect(strict.capabilities.durableAck).toBe(true);
    expect(await strict.find('key')).not.toBeNull();
    await expect(openEmbedded({ path, durability: 'os' })).rejects.toThrow(StoreInUseError);
  });

  test('is the same for all processes', async () => {
    const path = newPath();
    const other = await hold({ path, durability: 'os' });
    await expect(openEmbedded({ path })).rejects.toThrow("with durability 'os'");
    other.kill();
    await other.exited;
    expect((await openTestStore({ path })).capabilities.durableAck).toBe(true);
  });
});

async function hold(options: object): Promise<Program> {
  const program = startProgram('hold', [JSON.stringify(options)]);
  expect(await program.line(), program.errors()).toBe('open');
  return program;
}
