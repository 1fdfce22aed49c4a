import { isDeepStrictEqual } from 'node:util';
import type { Manifest, Package } from '../workspace.js';

/** A package can be published as it is: what npm, a bundler and both module systems need is there. */
export function manifestProblems(pkg: Package): string[] {
  return [
    ...fieldProblems(pkg),
    ...exportProblems(pkg.manifest),
    ...documentationProblems(pkg.manifest),
    ...sizeProblems(pkg.manifest),
    ...readmeProblems(pkg),
  ];
}

function fieldProblems({ folder, manifest }: Package): string[] {
  const expected: Readonly<Record<string, unknown>> = {
    name: `@norikv/${folder}`,
    license: 'MIT',
    repository: {
      type: 'git',
      url: 'git+https://github.com/norikv/patterns.git',
      directory: `packages/${folder}`,
    },
    homepage: `https://github.com/norikv/patterns/tree/main/packages/${folder}#readme`,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    files: ['dist', 'src'],
    publishConfig: { access: 'public', provenance: true },
  };
  const wrong = Object.entries(expected)
    .filter(([key, value]) => !isDeepStrictEqual(manifest[key], value))
    .map(([key, value]) => `package.json: ${key} must be ${JSON.stringify(value)}`);
  const description = manifest.description ? [] : ['package.json: description is missing'];
  const scripts = ['build', 'check:package', 'size']
    .filter((script) => !manifest.scripts?.[script])
    .map((script) => `package.json: the script ${script} is missing`);
  return [...wrong, ...description, ...scripts];
}

/** Order matters to Node, so the text is compared. */
function exportProblems(manifest: Manifest): string[] {
  const exported = (manifest.exports ?? {}) as Readonly<Record<string, unknown>>;
  const { './package.json': own, ...entries } = exported;
  const missing = [
    ...('.' in entries ? [] : ['package.json: exports has no "."']),
    ...(own === './package.json' ? [] : ['package.json: exports has no "./package.json"']),
  ];
  const wrong = Object.entries(entries).flatMap(([path, conditions]) => {
    const entry = path === '.' ? 'index' : path.slice(2);
    const right = {
      '@norikv/source': `./src/${entry}.ts`,
      import: { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` },
      require: { types: `./dist/${entry}.d.cts`, default: `./dist/${entry}.cjs` },
    };
    return JSON.stringify(conditions) === JSON.stringify(right)
      ? []
      : [`package.json: exports["${path}"] must be ${JSON.stringify(right)}`];
  });
  return [...missing, ...wrong];
}

/** What one package says to another, and no user reads. */
const betweenPackages = ['@norikv/client/wire'];

function documentationProblems({ name, exports = {}, typedocOptions }: Manifest): string[] {
  const documented = Object.keys(exports as object)
    .filter((path) => path !== './package.json' && !betweenPackages.includes(`${name}${path.slice(1)}`))
    .map((path) => (path === '.' ? './src/index.ts' : `./src/${path.slice(2)}.ts`));
  const right = documented.length > 1 ? { entryPoints: documented } : undefined;
  return isDeepStrictEqual(typedocOptions, right)
    ? []
    : [`package.json: typedocOptions must be ${JSON.stringify(right)}`];
}

function sizeProblems(manifest: Manifest): string[] {
  const rows = manifest['size-limit'] ?? [];
  return [
    ...(rows.some((row) => !row.import) ? [] : ['package.json: size-limit has no row for the whole package']),
    ...(rows.some((row) => row.import) ? [] : ['package.json: size-limit has no row for one import']),
    ...rows
      .filter((row) => row.gzip !== true)
      .map((row) => `package.json: size-limit row "${row.name}" needs "gzip": true`),
    ...rows
      .filter((row) => !row.limit)
      .map((row) => `package.json: size-limit row "${row.name}" has no limit`),
  ];
}

function readmeProblems({ folder, manifest, readme }: Package): string[] {
  if (readme === undefined) return ['README.md is missing'];
  return readme.startsWith(`# @norikv/${folder}\n`) ? [] : [`README.md must start with "# ${manifest.name}"`];
}
