import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.js';

/** A TypeScript block of a README that stands on its own: it begins with an import. */
export interface Example {
  /** Where the block starts in the README, from 1. */
  readonly line: number;
  readonly code: string;
  /** False for a block marked `no-run`, which needs something a test does not have. */
  readonly runs: boolean;
}

/** How an example went; `output` is what it, or the compiler, wrote. */
export interface Verdict {
  readonly ok: boolean;
  readonly output: string;
}

const require = createRequire(import.meta.url);
const tsx = pathToFileURL(require.resolve('tsx')).href;
const compiler = join(dirname(require.resolve('@typescript/native/package.json')), 'bin', 'tsc');
const longestRunMs = 60_000;

/** The blocks marked `ts` or `typescript` that begin with an import, comments before it aside. */
export function examplesIn(markdown: string): Example[] {
  const block = /^```(?:ts|typescript)\b([^\n]*)\n(.*?)^```\s*$/gms;
  return [...markdown.matchAll(block)]
    .map(({ index, 1: flags = '', 2: code = '' }) => ({
      line: markdown.slice(0, index).split('\n').length,
      code,
      runs: !flags.split(/\s+/).includes('no-run'),
    }))
    .filter(({ code }) => /^(?:\s|\/\/[^\n]*\n)*import\b/.test(code));
}

/** Packages that the examples of a README import and none of its `npm install` names. */
export function notInstalled(markdown: string): string[] {
  const installs = [...markdown.matchAll(/npm install ([^\n`]*)/g)].flatMap(({ 1: names = '' }) =>
    names.split(' '),
  );
  const imported = examplesIn(markdown).flatMap(({ code }) =>
    [...code.matchAll(/\bfrom '((?:@[\w-]+\/)?[\w-]+)/g)].map(({ 1: name = '' }) => name),
  );
  return [...new Set(imported)].filter((name) => name !== 'node' && !installs.includes(name));
}

/** A folder from which every package of the workspace can be imported by name. */
export class ExampleFolder {
  readonly #path: string;

  constructor(name: string) {
    this.#path = join(root, 'node_modules', '.cache', 'readme-examples', `${name}-${process.pid}`);
    this.remove();
    const scope = join(this.#path, 'node_modules', '@norikv');
    mkdirSync(scope, { recursive: true });
    for (const folder of readdirSync(join(root, 'packages'))) {
      symlinkSync(join(root, 'packages', folder), join(scope, folder), 'junction');
    }
    writeFileSync(join(this.#path, 'package.json'), '{ "type": "module" }');
  }

  add(example: Example): void {
    writeFileSync(this.#fileOf(example), example.code);
  }

  typecheck(examples: readonly Example[]): Verdict {
    const tsconfig = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: { isolatedDeclarations: false, declaration: false },
      files: examples.map((example) => this.#fileOf(example)),
    };
    writeFileSync(join(this.#path, 'tsconfig.json'), JSON.stringify(tsconfig));
    return this.#execute([compiler, '-p', '.']);
  }

  run(example: Example): Verdict {
    return this.#execute(['--conditions=@norikv/source', '--import', tsx, this.#fileOf(example)]);
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }

  #fileOf({ line }: Example): string {
    return join(this.#path, `readme-line-${line}.ts`);
  }

  #execute(args: readonly string[]): Verdict {
    const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
      cwd: this.#path,
      // What an example leaves behind goes with the folder.
      env: { ...process.env, TMPDIR: this.#path },
      encoding: 'utf8',
      timeout: longestRunMs,
    });
    return { ok: status === 0, output: [stdout, stderr, error?.message].filter(Boolean).join('\n') };
  }
}
