import { packageBuild } from '../../config/tsup.js';

const adapters = ['better-auth', 'express-session', 'fastify-session', 'hono', 'request'];

export default packageBuild({ entry: ['index', ...adapters].map((name) => `src/${name}.ts`) });
