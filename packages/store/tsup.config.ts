import { packageBuild } from '../../config/tsup.js';

export default packageBuild({
  entry: [
    'index',
    'background-clock',
    'bounded-map',
    'call-options',
    'checks',
    'listeners',
    'on-abort',
    'standard-schema',
    'wait-within',
  ].map((name) => `src/${name}.ts`),
});
