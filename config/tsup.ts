import type { Options } from 'tsup';

type Plugin = NonNullable<Options['plugins']>[number];

/**
 * What CommonJS loads later it requires, too: `import()` would load a second copy of siblings, the one for ESM, and
 * fails in Jest, which has none for CommonJS.
 */
const lazyRequire: Plugin = {
  name: 'lazy-require',
  renderChunk(code, { map }) {
    if (this.format !== 'cjs') return;
    const required = code.replaceAll(/\bawait import\((['"][^'"]+['"])\)/g, 'await require($1)');
    if (/\bimport\(/.test(required))
      throw new Error('CommonJS has an import() left; write `await import(name)`');
    return { code: required, map: map ?? null };
  },
};

/** One build for every package: ESM and CJS, types for both, no shared chunks between entries. */
export function packageBuild(overrides: Options = {}): Options {
  return {
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    target: 'node20',
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
    removeNodeProtocol: false,
    plugins: [lazyRequire],
    esbuildOptions(options, { format }) {
      // What a package looks for is looked for from where it is; CommonJS knows that by another name.
      if (format === 'cjs') options.define = { ...options.define, 'import.meta.url': '__filename' };
    },
    ...overrides,
  };
}
