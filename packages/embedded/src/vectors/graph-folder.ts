import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderMode } from '../folder.js';
import { isRunning, ownIdentity } from '../process-identity.js';

/** A graph file, or one that is being written. A name is given once, and a finished file never changes. */
interface GraphName {
  readonly file: string;
  /** The number of the namespace. */
  readonly space: number;
  /** How many changes of the namespace it holds at least. */
  readonly position: number;
  readonly maker: string;
  readonly isFinished: boolean;
}

/** The files of the graphs of a store. All of them can be made again from the store. */
export class GraphFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The graphs of a namespace, the newest first. */
  async list(space: number): Promise<Pick<GraphName, 'file' | 'position'>[]> {
    const names = (await this.#names()).filter((name) => name.space === space && name.isFinished);
    return names.sort((one, other) => other.position - one.position);
  }

  /** Starts a file, and makes it known that it is being written. Undefined if another is at it. */
  async claim(space: number, position: number): Promise<string | undefined> {
    await mkdir(this.#path, { recursive: true, mode: folderMode });
    const maker = `${ownIdentity()}-${randomBytes(6).toString('hex')}`;
    const file = join(this.#path, `${space}_${position}_${maker}.partial`);
    await writeFile(file, '', { flag: 'wx' });
    const others = (await this.#names()).filter((name) => name.space === space && !name.isFinished);
    if (others.every((name) => name.maker === maker || !isRunning(name.maker))) return file;
    await this.remove(file);
    return undefined;
  }

  /** Makes a claimed file that is complete one of the graphs, and removes the others of its namespace. */
  async publish(claimed: string, space: number): Promise<string> {
    const file = claimed.replace(/partial$/, 'graph');
    await rename(claimed, file);
    for (const name of await this.#names()) {
      const isOver = name.isFinished || !isRunning(name.maker);
      if (name.space === space && name.file !== file && isOver) await this.remove(name.file);
    }
    return file;
  }

  /** Removes a file, or leaves it to whoever comes next: Windows keeps what is mapped into memory. */
  async remove(file: string): Promise<void> {
    await rm(file, { force: true }).catch(() => undefined);
  }

  /** Removes what belongs to no namespace. `spaces` is asked after the files are listed: a file is never older. */
  async keepOnly(spaces: () => ReadonlySet<number>): Promise<void> {
    const names = await this.#names();
    if (names.length === 0) return;
    const kept = spaces();
    for (const { space, file } of names) if (!kept.has(space)) await this.remove(file);
  }

  /** Bytes of a file; 0 if it is not there. */
  async bytesOf(file: string): Promise<number> {
    return (await stat(file).catch(() => undefined))?.size ?? 0;
  }

  async #names(): Promise<GraphName[]> {
    const names = await readdir(this.#path).catch(() => []);
    return names.flatMap((name) => {
      const [, space, position, maker, kind] =
        /^(\d+)_(\d+)_([\d-]+-[0-9a-f]+)\.(graph|partial)$/.exec(name) ?? [];
      if (maker === undefined) return [];
      const isFinished = kind === 'graph';
      return [
        { file: join(this.#path, name), space: Number(space), position: Number(position), maker, isFinished },
      ];
    });
  }
}
