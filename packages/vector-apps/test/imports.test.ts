import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const sources = fileURLToPath(new URL('../src/', import.meta.url));

/** Every file that loading a file loads, and every package: types are gone by then. */
function loadedBy(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(sources, file), 'utf8');
  for (const [statement, from = ''] of text.matchAll(/^(?:import|export)\s[^;]*?from '([^']+)';/gms)) {
    const isType = /^(import|export) type /.test(statement);
    const names = /\{([^}]*)\}/s
      .exec(statement)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '');
    if (isType || names?.every((name) => name.trim().startsWith('type '))) continue;
    if (!from.startsWith('.')) seen.add(from);
    else loadedBy(relative(sources, join(sources, dirname(file), from.replace(/\.js$/, '.ts'))), seen);
  }
  return seen;
}

const classes = {
  search: 'search/semantic-search-engine.ts',
  recommendation: 'recommendation/recommendation-engine.ts',
  deduplication: 'deduplication/document-deduplicator.ts',
};

it.each(Object.entries(classes))('%s loads neither of the others, nor what is optional', (own, file) => {
  const loaded = [...loadedBy(file)];
  expect(loaded.length).toBeGreaterThan(10);
  const others = [...Object.keys(classes), 'langchain'].filter((name) => name !== own);
  expect(loaded.filter((path) => others.some((other) => path.startsWith(`${other}/`)))).toEqual([]);
  expect(loaded).not.toContain('minisearch');
});

it('loads MiniSearch with bm25 alone', () => {
  expect(loadedBy('bm25.ts')).toContain('minisearch');
  expect(loadedBy('index.ts')).not.toContain('minisearch');
  expect([...loadedBy('langchain.ts')].filter((path) => path.startsWith('@langchain'))).toEqual([]);
});
