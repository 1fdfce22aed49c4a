import { packageBuild } from '../../config/tsup.js';

const adapters = ['express', 'fastify', 'hono'];

export default packageBuild({ entry: ['index', ...adapters].map((name) => `src/${name}.ts`) });
