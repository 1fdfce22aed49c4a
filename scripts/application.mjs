import { join } from 'node:path';
import { install, manifestOf, root, tool } from './workspace.mjs';

/**
 * Installs, builds what the application depends on, and runs its main file on the built packages.
 * @param {string} folder relative to the root
 * @param {readonly string[]} args
 * @param {string} main relative to the sources
 */
export async function runApplication(folder, args, main = 'main.ts') {
  const { name } = manifestOf(folder);
  const prepared = (await install({ quiet: true })) || (await build(name));
  if (prepared !== 0) return prepared;
  const entry = join(root, folder, 'src', main);
  return tool(process.execPath, ['--import', import.meta.resolve('tsx'), entry, ...args], { stdin: true });
}

/** @param {string} name */
function build(name) {
  return tool('turbo', ['run', 'build', `--filter=${name}...`], { quiet: true });
}
