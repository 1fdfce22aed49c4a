import { packageBuild } from '../../config/tsup.js';

const adapters = ['better-auth', 'express', 'express-rate-limit', 'fastify', 'hono'];

export default packageBuild({ entry: ['index', ...adapters].map((name) => `src/${name}.ts`) });
