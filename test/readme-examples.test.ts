import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, ExampleFolder, examplesIn, notInstalled } from './readme-examples.js';
import { readmeOf, readPackages, root } from './workspace.js';

const passed = { ok: true, output: expect.any(String) };

const readmes = [
  ['the repository', readmeOf(root)] as const,
  ['docs/watching.md', readFileSync(join(root, 'docs/watching.md'), 'utf8')] as const,
  ...readPackages().map(({ folder, readme }) => [folder, readme] as const),
];

describe.each(readmes)('what is written of %s', (name, readme) => {
  const examples = examplesIn(readme ?? '');
  let folder: ExampleFolder;
  beforeAll(() => {
    folder = new ExampleFolder(name.replaceAll(/[ /]/g, '-'));
    for (const example of examples) folder.add(example);
  });
  afterAll(() => folder.remove());

  it('has an example to run', () => {
    expect(examples.some(({ runs }) => runs)).toBe(true);
  });

  it('says how to install what its examples import', () => {
    expect(notInstalled(readme ?? '')).toEqual([]);
  });

  it('has examples that type-check', { timeout: 120_000 }, () => {
    expect(folder.typecheck(examples)).toEqual(passed);
  });

  it.each(examples.filter(({ runs }) => runs))(
    'runs the example of line $line',
    { timeout: 120_000 },
    (example) => {
      expect(folder.run(example)).toEqual(passed);
    },
  );
});

describe('examplesIn', () => {
  it('takes the blocks that begin with an import, and says which are not to be run', () => {
    const markdown = [
      '# A package',
      '```ts',
      "import { a } from 'a';",
      '```',
      '```typescript no-run',
      '// app.ts',
      '',
      "import { b } from 'b';",
      '```',
      '```ts',
      'const seed = 1;',
      '```',
      '```js',
      "import { c } from 'c';",
      '```',
    ].join('\n');
    expect(examplesIn(markdown)).toEqual([
      { line: 2, code: "import { a } from 'a';\n", runs: true },
      { line: 5, code: "// app.ts\n\nimport { b } from 'b';\n", runs: false },
    ]);
  });
});

describe('notInstalled', () => {
  const block = (name: string): string => `\`\`\`ts\nimport { a } from '${name}';\n\`\`\`\n`;

  it('names what an example imports and nobody installs', () => {
    expect(notInstalled(`npm install b\n${block('@scope/a/entry')}${block('b')}`)).toEqual(['@scope/a']);
  });

  it('is content with modules of Node, and with an install in the text', () => {
    const text = `For tests (\`npm install --save-dev a\`):\n${block('a')}${block('node:fs')}`;
    expect(notInstalled(text)).toEqual([]);
  });
});

describe('ExampleFolder', () => {
  const example = (code: string): Example => ({ line: 1, code, runs: true });
  let folder: ExampleFolder;
  beforeAll(() => {
    folder = new ExampleFolder('self-test');
  });
  afterAll(() => folder.remove());

  it('finds packages by name, in their sources', { timeout: 120_000 }, () => {
    const good = example(
      "import { stringToBytes } from '@norikv/store';\n" +
        "if (!import.meta.resolve('@norikv/store').endsWith('/src/index.ts')) throw new Error('built');\n" +
        "const bytes: Uint8Array = stringToBytes('a');\nconsole.log(bytes.length);",
    );
    folder.add(good);
    expect(folder.typecheck([good])).toEqual({ ok: true, output: '' });
    expect(folder.run(good)).toEqual({ ok: true, output: '1\n' });
  });

  it('reports a wrong type', { timeout: 120_000 }, () => {
    const wrong = example("import { stringToBytes } from '@norikv/store';\nstringToBytes(1);");
    folder.add(wrong);
    expect(folder.typecheck([wrong])).toEqual({
      ok: false,
      output: expect.stringContaining('readme-line-1.ts(2,15)'),
    });
  });

  it('reports an example that throws', { timeout: 120_000 }, () => {
    const throwing = example("import '@norikv/store';\nthrow new Error('out of stock');");
    folder.add(throwing);
    expect(folder.run(throwing)).toEqual({ ok: false, output: expect.stringContaining('out of stock') });
  });
});
