import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
    const built = join(root, 'packages', name, 'dist');
    const committed = join(root, 'packages', name, 'api.d.ts');
    if (!existsSync(join(built, 'index.d.ts')))
      return [`packages/${name} is not built: run "npm run build" first.`];
    const types = typesIn(built);
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

/**
 * All entries of a package but commands, and what they share. That is in files named by a hash, which changes with every build.
 * @param {string} folder
 */
function typesIn(folder) {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.d.ts'))
    .map((file) => ({ name: unhashed(file), types: unhashed(readFileSync(join(folder, file), 'utf8')) }))
    .filter(({ types }) => !types.startsWith('#!'))
    .sort((one, other) => (`${one.name} ${one.types}` < `${other.name} ${other.types}` ? -1 : 1));
  if (files.length === 1) return files.map(({ types }) => types).join('');
  return files.map(({ name, types }) => `// ${name}\n\n${types}`).join('\n');
}

/** @param {string} text */
function unhashed(text) {
  return text.replaceAll(/-[\w-]{8}(?=\.(?:d\.ts|js'))/g, '');
}
