import { packageBuild } from '../../config/tsup.js';

export default packageBuild({ entry: ['index', 'bm25', 'langchain'].map((name) => `src/${name}.ts`) });
