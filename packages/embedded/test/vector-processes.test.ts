import { expect, test } from 'vitest';
import { newPath, openTestStore } from './support/folders.js';
import { startProgram } from './support/programs.js';

test('a search sees what another process was told is written, each time', async () => {
  const path = newPath();
  const store = await openTestStore({ path });
  await store.vectorCreateIndex('shared', 1, 'euclidean');
  const [one, other] = [startProgram('insert-vectors', [path]), startProgram('insert-vectors', [path])];
  expect([await one.line(), await other.line()]).toEqual(['ready', 'ready']);
  const alive = new Set<string>();
  for (let round = 1; round <= 60; round++) {
    const writer = round % 2 === 0 ? one : other;
    const id = `id-${round % 17}`;
    if (round % 3 === 0) alive.delete(id);
    else alive.add(id);
    writer.send(round % 3 === 0 ? `-${id}` : `${id} 1`);
    expect(await writer.line()).toBe('done');
    const expected = [...alive].sort();
    const { matches } = await store.vectorSearch('shared', [0], 100);
    expect(matches.map((match) => match.id)).toEqual(expected);
    const reader = round % 2 === 0 ? other : one;
    reader.send('? 100');
    expect(await reader.line()).toBe(expected.join(','));
  }
  one.kill();
  other.kill();
});

test('4 processes that insert at the same time lose nothing, and agree', async () => {
  const path = newPath();
  const store = await openTestStore({ path });
  await store.vectorCreateIndex('shared', 1, 'euclidean');
  const programs = Array.from({ length: 4 }, () => startProgram('insert-vectors', [path]));
  for (const program of programs) expect(await program.line()).toBe('ready');
  const writing = programs.map(async (program, name) => {
    for (let number = 0; number < 50; number++) program.send(`id-${name}-${number} ${number}`);
    for (let number = 0; number < 50; number++) expect(await program.line()).toBe('done');
  });
  // Searching meanwhile sees each process's inserts in the order they were made: never one without the last.
  let isDone = false;
  const searching = (async () => {
    while (!isDone) {
      const { matches } = await store.vectorSearch('shared', [0], 1_000);
      for (const name of programs.keys()) {
        const numbers = matches
          .filter(({ id }) => id.startsWith(`id-${name}-`))
          .map(({ distance }) => distance);
        expect(numbers).toEqual(numbers.map((_, place) => place));
      }
    }
  })();
  await Promise.all(writing);
  isDone = true;
  await searching;
  const answers = await Promise.all(
    programs.map((program) => {
      program.send('? 1000');
      return program.line();
    }),
  );
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]?.split(',')).toHaveLength(200);
  for (const program of programs) program.kill();
});
