import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf, root } from './workspace.mjs';

/**
 * Copies the built types of each package to its `api.d.ts`, so that a change of the public surface shows in
 * review. With `--check` it writes nothing and fails where the two differ.
 * @param {readonly string[]} args
 */
export async function main(args) {
  const check = args.includes('--check');
  const problems = foldersOf('packages').flatMap((name) => {
    const built = join(root, 'packages', name, 'dist', 'index.d.ts');
    const committed = join(root, 'packages', name, 'api.d.ts');
    if (!existsSync(built)) return [`packages/${name} is not built: run "npm run build" first.`];
    const types = readFileSync(built, 'utf8');
    if (existsSync(committed) && readFileSync(committed, 'utf8') === types) return [];
    if (check)
      return [`packages/${name}/api.d.ts is not what src declares: run "npm run api" and commit it.`];
    writeFileSync(committed, types);
    console.log(`packages/${name}/api.d.ts updated`);
    return [];
  });
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}
