import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';
import { type Arrows, arrowsOf } from '../arrows.js';
import type { Package, SourceFile } from '../workspace.js';

const scope = '@norikv/';

/** Manifest and sources keep to the table of arrows, and sources import nothing that is not a dependency. */
export function importProblems(pkg: Package): string[] {
  const arrows = arrowsOf[pkg.folder];
  if (!arrows) return [`${pkg.folder} is not in test/arrows.ts: add it, with what it may import`];
  return [
    ...manifestProblems(pkg, arrows),
    ...pkg.sources.flatMap((file) => fileProblems(pkg, file)),
    ...commandProblems(pkg, arrows),
  ];
}

/** Every module a file names: static, dynamic, type-only and re-exported. */
export function importsOf(file: SourceFile): string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName }) => fileName);
}

function manifestProblems(pkg: Package, arrows: Arrows): string[] {
  const siblings = [...arrows.siblings, ...(arrows.commandOnly ?? [])].map((name) => scope + name);
  const allowed = [...siblings, ...(arrows.thirdParty ?? [])];
  return Object.entries(runtimeDependencies(pkg)).flatMap(([name, range]) => {
    if (!allowed.includes(name))
      return [`package.json: ${pkg.folder} may not depend on ${name} (test/arrows.ts)`];
    if (name.startsWith(scope) && range !== 'workspace:^')
      return [`package.json: ${name} must be "workspace:^", not "${range}"`];
    return [];
  });
}

function fileProblems(pkg: Package, file: SourceFile): string[] {
  const declared = Object.keys(runtimeDependencies(pkg));
  return importsOf(file).flatMap((specifier) => {
    if (specifier.startsWith('.')) {
      return relativeTarget(file, specifier).startsWith('src/')
        ? []
        : [`${file.path}: ${specifier} leaves src`];
    }
    if (specifier.startsWith('node:')) return [];
    if (builtinModules.includes(specifier))
      return [`${file.path}: write node:${specifier}, not ${specifier}`];
    const name = packageNameOf(specifier);
    if (declared.includes(name)) return [];
    const why = pkg.manifest.devDependencies?.[name] ? 'is only a devDependency' : 'is not a dependency';
    return [`${file.path}: ${name} ${why} of ${pkg.folder}`];
  });
}

function commandProblems(pkg: Package, arrows: Arrows): string[] {
  const commandOnly = (arrows.commandOnly ?? []).map((name) => scope + name);
  if (commandOnly.length === 0) return [];
  return reachable(pkg, 'src/index.ts').flatMap((file) =>
    importsOf(file)
      .map(packageNameOf)
      .filter((name) => commandOnly.includes(name))
      .map((name) => `${file.path}: only the command may import ${name}, and src/index.ts reaches this file`),
  );
}

function reachable(pkg: Package, entry: string): SourceFile[] {
  const found = new Map<string, SourceFile>();
  const visit = (path: string): void => {
    const file = pkg.sources.find((source) => source.path === path);
    if (!file || found.has(path)) return;
    found.set(path, file);
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) visit(relativeTarget(file, specifier));
    }
  };
  visit(entry);
  return [...found.values()];
}

function relativeTarget(file: SourceFile, specifier: string): string {
  return posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, '.ts');
}

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function runtimeDependencies({ manifest }: Package): Record<string, string> {
  return { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
}
