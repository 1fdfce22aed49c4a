import { packageBuild } from '../../config/tsup.js';

export default packageBuild({
  esbuildOptions(options, { format }) {
    // An optional library is looked for from where this package is; CommonJS knows that by another name.
    if (format === 'cjs') options.define = { ...options.define, 'import.meta.url': '__filename' };
  },
});
