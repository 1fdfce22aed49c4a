import { describe, expect, it } from 'vitest';
import { importProblems } from './rules/imports.js';
import { manifestProblems } from './rules/manifest.js';
import { sourceProblems } from './rules/sources.js';
import { applicationFolders, readManifest, readPackages } from './workspace.js';

describe.each(readPackages().map((pkg) => [pkg.folder, pkg] as const))('packages/%s', (_folder, pkg) => {
  it('imports only what the table of arrows allows', () => {
    expect(importProblems(pkg)).toEqual([]);
  });

  it('has a manifest and a README that can be published', () => {
    expect(manifestProblems(pkg)).toEqual([]);
  });

  it('has sources without side effects, star exports or suppressions', () => {
    expect(sourceProblems(pkg)).toEqual([]);
  });
});

it.each(applicationFolders())('%s is never published', (folder) => {
  expect(readManifest(folder)).toMatchObject({ private: true });
});
