import { packageTests } from '../config/vitest.js';

export default packageTests('workspace', '**/*.test.ts');
