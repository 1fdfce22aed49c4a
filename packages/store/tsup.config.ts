import { packageBuild } from '../../config/tsup.js';

export default packageBuild({
  entry: ['index', 'call-options', 'on-abort', 'standard-schema', 'wait-within'].map(
    (name) => `src/${name}.ts`,
  ),
});
