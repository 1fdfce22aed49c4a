import { packageBuild } from '../../config/tsup.js';

const adapters = ['bentocache', 'keyv', 'next', 'unstorage'];

export default packageBuild({ entry: ['index', ...adapters].map((name) => `src/${name}.ts`) });
