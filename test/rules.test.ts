import { describe, expect, it } from 'vitest';
import { importProblems, importsOf } from './rules/imports.js';
import { manifestProblems } from './rules/manifest.js';
import { sourceProblems } from './rules/sources.js';
import type { Manifest, Package } from './workspace.js';

const goodManifest = {
  name: '@norikv/counter',
  description: 'Counts',
  license: 'MIT',
  repository: {
    type: 'git',
    url: 'git+https://github.com/norikv/patterns.git',
    directory: 'packages/counter',
  },
  homepage: 'https://github.com/norikv/patterns/tree/main/packages/counter#readme',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.19' },
  exports: {
    '.': {
      '@norikv/source': './src/index.ts',
      import: { types: './dist/index.d.ts', default: './dist/index.js' },
      require: { types: './dist/index.d.cts', default: './dist/index.cjs' },
    },
    './package.json': './package.json',
  },
  files: ['dist', 'src'],
  publishConfig: { access: 'public', provenance: true },
  dependencies: { '@norikv/store': 'workspace:^', '@norikv/cas-retry': 'workspace:^' },
  devDependencies: { '@norikv/testkit': 'workspace:^' },
  scripts: { build: 'tsup', 'check:package': 'publint', size: 'size-limit' },
  'size-limit': [
    { name: 'whole package', gzip: true, limit: '2 kB' },
    { name: 'one import', import: '{ increment }', gzip: true, limit: '1 kB' },
  ],
} satisfies Manifest;

const goodSources = {
  'src/index.ts': "export { increment } from './counter.js';",
  'src/counter.ts': `
    import { readFile } from 'node:fs/promises';
    import { createUpdater } from '@norikv/cas-retry';
    import type { KvStore } from '@norikv/store';
    const brand = Symbol.for('norikv.counter');
    const names = new Set(['a']);
    const queues = new WeakMap<KvStore, string>();
    const now = { later: () => setTimeout(() => {}, 1) };
    export function increment() { console.log('called, not imported'); }
    /* v8 ignore next -- only a broken clock gets here */
  `,
};

function counter(
  manifest: Readonly<Record<string, unknown>> = {},
  sources: Readonly<Record<string, string>> = {},
): Package {
  return {
    folder: 'counter',
    manifest: { ...goodManifest, ...manifest },
    sources: Object.entries({ ...goodSources, ...sources }).map(([path, text]) => ({ path, text })),
    readme: '# @norikv/counter\n',
  };
}

const withSource = (text: string): Package => counter({}, { 'src/counter.ts': text });

describe('a good package', () => {
  it('has no problems', () => {
    const pkg = counter();
    expect([...importProblems(pkg), ...manifestProblems(pkg), ...sourceProblems(pkg)]).toEqual([]);
  });
});

describe('importProblems', () => {
  it('names every form of import', () => {
    const text = `import a from 'a'; import type { B } from 'b'; export { c } from 'c'; export * from 'd'; await import('e');`;
    expect(importsOf({ path: 'src/x.ts', text })).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each([
    ['a package outside the table', { ...counter(), folder: 'unheard-of' }, 'test/arrows.ts: add it'],
    [
      'another pattern',
      counter({ dependencies: { '@norikv/lease': 'workspace:^' } }),
      'may not depend on @norikv/lease',
    ],
    [
      'an engine',
      counter({ peerDependencies: { '@norikv/embedded': 'workspace:^' } }),
      'may not depend on @norikv/embedded',
    ],
    ['a package of others', counter({ optionalDependencies: { lodash: '^4' } }), 'may not depend on lodash'],
    ['a pinned sibling', counter({ dependencies: { '@norikv/store': '^1.0.0' } }), 'must be "workspace:^"'],
    ['an undeclared import', withSource("import _ from 'lodash/get';"), 'lodash is not a dependency'],
    [
      'a devDependency',
      withSource("import type { X } from '@norikv/testkit';"),
      '@norikv/testkit is only a devDependency',
    ],
    [
      'a dynamic import',
      withSource("export const load = () => import('@norikv/testkit');"),
      'only a devDependency',
    ],
    ['a file outside src', withSource("import { x } from '../../store/src/index.js';"), 'leaves src'],
    ['a bare builtin', withSource("import { join } from 'path';"), 'write node:path'],
  ])('refuses %s', (_what, pkg, problem) => {
    expect(importProblems(pkg).join('\n')).toContain(problem);
  });

  it('refuses a command-only sibling where the library reaches it, and only there', () => {
    const server = (libraryImports: string): Package => ({
      ...counter({ dependencies: { '@norikv/store': 'workspace:^', '@norikv/embedded': 'workspace:^' } }),
      folder: 'server',
      sources: [
        { path: 'src/index.ts', text: `export { serve } from '${libraryImports}';` },
        { path: 'src/serve.ts', text: "import type { KvStore } from '@norikv/store';" },
        { path: 'src/command.ts', text: "import { openEmbedded } from '@norikv/embedded';" },
      ],
    });
    expect(importProblems(server('./serve.js'))).toEqual([]);
    expect(importProblems(server('./command.js'))).toEqual([
      'src/command.ts: only the command may import @norikv/embedded, and src/index.ts reaches this file',
    ]);
  });
});

describe('manifestProblems', () => {
  const { './package.json': _, ...exportsWithoutManifest } = goodManifest.exports;
  const [wholeRow, importRow] = goodManifest['size-limit'];
  const hono = {
    '@norikv/source': './src/hono.ts',
    import: { types: './dist/hono.d.ts', default: './dist/hono.js' },
    require: { types: './dist/hono.d.cts', default: './dist/hono.cjs' },
  };
  const flatTypes = {
    ...goodManifest.exports,
    '.': { types: './dist/index.d.ts', import: './dist/index.js', require: './dist/index.cjs' },
  };

  it.each([
    ['side effects', counter({ sideEffects: true }), 'sideEffects must be false'],
    ['another name', counter({ name: '@norikv/counters' }), 'name must be'],
    [
      'an entry that is not documented',
      counter({ exports: { ...goodManifest.exports, './hono': hono } }),
      'typedocOptions must be {"entryPoints":["./src/index.ts","./src/hono.ts"]}',
    ],
    ['no description', counter({ description: '' }), 'description is missing'],
    [
      'the repository of a sibling',
      counter({ repository: { directory: 'packages/store' } }),
      'repository must be',
    ],
    ['sources left out', counter({ files: ['dist'] }), 'files must be'],
    ['no provenance', counter({ publishConfig: { access: 'public' } }), 'publishConfig must be'],
    ['no build', counter({ scripts: {} }), 'the script build is missing'],
    ['no exports', counter({ exports: {} }), 'exports has no "."'],
    [
      'an unexported manifest',
      counter({ exports: exportsWithoutManifest }),
      'exports has no "./package.json"',
    ],
    ['flat types', counter({ exports: flatTypes }), 'exports["."] must be'],
    ['no size rows', counter({ 'size-limit': [] }), 'no row for the whole package'],
    ['one size row', counter({ 'size-limit': [wholeRow] }), 'no row for one import'],
    ['brotli', counter({ 'size-limit': [wholeRow, { ...importRow, gzip: false }] }), 'needs "gzip": true'],
    ['no limit', counter({ 'size-limit': [wholeRow, { ...importRow, limit: '' }] }), 'has no limit'],
    ['no README', { ...counter(), readme: undefined }, 'README.md is missing'],
    ['the README of a sibling', { ...counter(), readme: '# @norikv/store\n' }, 'README.md must start with'],
  ])('refuses %s', (_what, pkg, problem) => {
    expect(manifestProblems(pkg).join('\n')).toContain(problem);
  });
});

describe('sourceProblems', () => {
  it.each([
    ['export *', "export * from './x.js';", 'name what is exported'],
    ['export * as', "export * as x from './x.js';", 'name what is exported'],
    ['a default export', 'export default class {}', 'default export'],
    ['a default expression', 'export default 1;', 'default export'],
    ['a side-effect import', "import './polyfill.js';", 'for its side effects'],
    ['a call', 'register();', 'runs on import'],
    ['a top-level await', 'const x = await load();', 'runs on import'],
    ['a condition', 'if (true) { f(); }', 'runs on import'],
    ['a timer', 'const timer = setInterval(() => {}, 10);', 'runs on import'],
    ['a listener', "export const all = [process.on('exit', () => {})];", 'runs on import'],
    ['a variable', 'let calls = 0;', 'state of the module'],
    ['a cache', 'const cache = new Map<string, string>();', 'state of the module'],
    ['a suppression', '// @ts-expect-error\nconst x = 1;', 'suppression'],
    ['an unexplained coverage gap', '/* v8 ignore next */\nconst x = 1;', 'gives no reason'],
    ['a long file', 'export type X = 1;\n'.repeat(251), '251 lines'],
    [
      'a time without a unit',
      'export interface XOptions {\n  /** How long. Default 1. */\n  readonly waitMs?: number;\n}',
      'the comment of XOptions.waitMs does not say "milliseconds"',
    ],
    [
      'a time without a default',
      'export interface XOptions {\n  /** How many milliseconds. */\n  readonly waitMs?: number;\n}',
      'the comment of XOptions.waitMs does not say its default',
    ],
  ])('refuses %s', (_what, text, problem) => {
    expect(sourceProblems(withSource(text)).join('\n')).toContain(problem);
  });

  it('refuses code in the barrel', () => {
    const pkg = counter({}, { 'src/index.ts': 'export const one = 1;' });
    expect(sourceProblems(pkg)).toEqual([
      'src/index.ts: "export const one = 1;": only re-exports belong here',
    ]);
  });

  it('lets a command run on import, and nothing else', () => {
    const command = { 'src/command.ts': 'main();' };
    expect(sourceProblems(counter({ bin: { count: './dist/command.js' } }, command))).toEqual([]);
    expect(sourceProblems(counter({ bin: './dist/command.js' }, command))).toEqual([]);
    expect(sourceProblems(counter({}, command))).toEqual(['src/command.ts: "main();" runs on import']);
  });
});
