import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A verse in two translations. */
export interface VersePair {
  readonly id: string;
  /** King James Version, 1611 and 1769. */
  readonly old: string;
  /** World English Bible, 2015. */
  readonly recent: string;
}

/** The verses of the Gospels that both translations have as one line, or null where they are not installed. */
export async function loadVerses(): Promise<VersePair[] | null> {
  try {
    const [old, recent] = await Promise.all(['engKJV2006eb', 'engWEB2015eb'].map(versesOf));
    if (!old?.size || !recent?.size) return null;
    return [...old].flatMap(([id, text]) => {
      const other = recent.get(id);
      return other ? [{ id, old: text, recent: other }] : [];
    });
  } catch {
    return null;
  }
}

async function versesOf(translation: string): Promise<Map<string, string>> {
  const arguments_ = ['-b', translation, '-f', 'plain', '-k', 'Matthew-John'];
  const { stdout } = await promisify(execFile)('diatheke', arguments_, { maxBuffer: 2 ** 24 });
  const lines = stdout.matchAll(/^(\w+ \d+:\d+): (.+)$/gm);
  return new Map(Array.from(lines, ([, id = '', text = '']) => [id, text.replace('¶', '').trim()]));
}
