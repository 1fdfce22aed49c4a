import { describe, expect, it } from 'vitest';
import { packageBuild } from '../config/tsup.js';

/** What the build makes of a chunk. */
async function built(format: 'esm' | 'cjs', code: string): Promise<string> {
  const info = { type: 'chunk', code, path: 'chunk.js', map: null } as const;
  const [plugin] = packageBuild().plugins ?? [];
  const result = await plugin?.renderChunk?.call({ format } as never, code, info as never);
  return result ? result.code : code;
}

describe('what is loaded later', () => {
  const later = 'const store = await import("@norikv/embedded");';

  it('is required by CommonJS, which Jest runs without import()', async () => {
    expect(await built('cjs', later)).toBe('const store = await require("@norikv/embedded");');
    expect(await built('esm', later)).toBe(later);
  });

  it('must be written so that the build can tell', async () => {
    await expect(built('cjs', 'import("usearch").then(use)')).rejects.toThrow('import() left');
  });
});
