import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Workspace folders under `packages` or `examples`, by name.
 * @param {'packages' | 'examples'} kind
 */
export function foldersOf(kind) {
  const parent = join(root, kind);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => existsSync(join(parent, name, 'package.json')))
    .sort();
}

/**
 * @param {string} folder relative to the root
 * @returns {Record<string, any>}
 */
export function manifestOf(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/**
 * Runs a command of the repository's tools in its root, and resolves to its exit code.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('./process.mjs').RunOptions} [options]
 */
export function tool(command, args, options) {
  // Set where npx runs us (`npx -p node@22 npm test`); an npx of ours would take them for its own.
  const { npm_config_call: _call, npm_config_package: _package, ...inherited } = process.env;
  const path = [join(root, 'node_modules', '.bin'), inherited.PATH].join(delimiter);
  const env = { ...inherited, PATH: path, TURBO_TELEMETRY_DISABLED: '1' };
  return run(command, args, { cwd: root, env, ...options });
}

/**
 * Installs what the lockfile names, unless that is what is installed. Needs only Node and npm: the pinned
 * pnpm comes through npx.
 * @param {import('./process.mjs').RunOptions} [options]
 */
export async function install(options) {
  const stamp = join(root, 'node_modules', '.install-stamp');
  const wanted = installFingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0;
  console.error('Installing dependencies ...');
  const pnpm = ['--yes', manifestOf('.').packageManager];
  const exitCode = await tool(
    'npx',
    [...pnpm, 'install', '--frozen-lockfile', '--config.confirm-modules-purge=false'],
    options,
  );
  if (exitCode === 0) writeFileSync(stamp, wanted);
  return exitCode;
}

function installFingerprint() {
  const members = ['packages', 'examples'].flatMap((kind) =>
    foldersOf(/** @type {'packages' | 'examples'} */ (kind)).map((name) => `${kind}/${name}`),
  );
  const manifests = ['.', 'benchmarks', ...members].map((folder) => join(folder, 'package.json'));
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`\n${file}\n`).update(readFileSync(path));
  }
  return hash.digest('hex');
}
