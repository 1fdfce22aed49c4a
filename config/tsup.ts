import type { Options } from 'tsup';

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
    esbuildOptions(options, { format }) {
      // What a package looks for is looked for from where it is; CommonJS knows that by another name.
      if (format === 'cjs') options.define = { ...options.define, 'import.meta.url': '__filename' };
    },
    ...overrides,
  };
}
