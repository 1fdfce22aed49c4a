import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The part of a package.json the rules read. */
export interface Manifest {
  readonly [key: string]: unknown;
  readonly name?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly 'size-limit'?: readonly Readonly<Record<string, unknown>>[];
}

/** A TypeScript file of a package; `path` starts with `src/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** All that the rules look at, so that a fixture is a plain object. */
export interface Package {
  /** The folder under `packages`. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly sources: readonly SourceFile[];
  readonly readme: string | undefined;
}

export const root: string = fileURLToPath(new URL('..', import.meta.url));

/** Every package of the workspace, as it is on disk. */
export function readPackages(): Package[] {
  return readdirSync(join(root, 'packages'))
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .map(readPackage);
}

function readPackage(folder: string): Package {
  const home = join(root, 'packages', folder);
  return {
    folder,
    manifest: readManifest(join('packages', folder)),
    sources: readdirSync(join(home, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({
        path: relative(home, path).replaceAll('\\', '/'),
        text: readFileSync(path, 'utf8'),
      })),
    readme: readmeOf(home),
  };
}

/** The README of a folder, if it has one. */
export function readmeOf(home: string): string | undefined {
  const path = join(home, 'README.md');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Folders of the workspace that are applications, not packages: they are never published. */
export function applicationFolders(): string[] {
  const examples = existsSync(join(root, 'examples')) ? readdirSync(join(root, 'examples')) : [];
  return ['benchmarks', ...examples.map((name) => `examples/${name}`)].filter((folder) =>
    existsSync(join(root, folder, 'package.json')),
  );
}

/** The manifest of a folder of the workspace. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}
