import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readPackages, root } from './workspace.js';

/** A file that must be there, and a text in it. */
type Place = readonly [file: string, text?: string];

const keepNothing = ['store', 'testkit', 'client', 'server'];
/** Stores, and what needs the vector calls, which the stores of the suites lack. */
const withoutSuites = ['embedded', 'etcd', 'vector-apps'];
const hosts = ['server', 'etcd', 'tenancy'];

/** Where a package that keeps records is named beside its own folder. */
function placesOf(folder: string): readonly Place[] {
  const name = /\W/.test(folder) ? `'${folder}'` : folder;
  const suites: readonly Place[] = [
    ['packages/testkit/test/pattern-suites/run-suites.ts', `\n  ${name}: {`],
    ...hosts.filter((host) => host !== folder).map((host) => suiteOf(host, folder)),
  ];
  return [
    [`packages/${folder}/test/golden-records.test.ts`],
    ['docs/records.md', `\n## ${folder}\n`],
    ['test/options.test.ts', `'../packages/${folder}/src/index.js'`],
    ...(withoutSuites.includes(folder) ? [] : suites),
  ];
}

function suiteOf(host: string, folder: string): Place {
  return [`packages/${host}/test/patterns/${folder}.test.ts`, `('${folder}'`];
}

function isThere([file, text = '']: Place): boolean {
  const path = join(root, file);
  return existsSync(path) && readFileSync(path, 'utf8').includes(text);
}

const packages = readPackages().map(({ folder }) => folder);

it.each(packages.filter((folder) => !keepNothing.includes(folder)))(
  '%s keeps records, and is named wherever those are tested and listed',
  (folder) => {
    expect(placesOf(folder).filter((place) => !isThere(place))).toEqual([]);
  },
);
