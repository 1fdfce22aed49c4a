import { reasonOf } from './terminal.js';

/** Loads the store for the commands that open one: the others also run where LMDB does not. */
export async function loadEmbedded(): Promise<typeof import('@norikv/embedded')> {
  try {
    return await import('@norikv/embedded');
  } catch (cause) {
    const hint = 'its binary is an optional dependency of lmdb: install without --omit=optional';
    throw new Error(`the store cannot be loaded (${reasonOf(cause)}); ${hint}`, { cause });
  }
}
