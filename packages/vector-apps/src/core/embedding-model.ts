/** A vector as an embedding model or a store gives it. */
export type Vector = readonly number[] | Float32Array;

/** What a model gets with each call beside the texts. */
export interface EmbeddingCall {
  /** Fires when nobody waits for the answer any more: hand it to `fetch`, so that no work is wasted. */
  readonly signal: AbortSignal;
}

/** What turns text into vectors. `dimensions` and `embed` are all it takes. */
export interface EmbeddingModel {
  /** How many numbers a vector has: 1 to 4,096. */
  readonly dimensions: number;
  /** The vector of a text, not to be changed afterwards. */
  embed(text: string, call?: EmbeddingCall): Promise<Vector> | Vector;
  /** The vectors of many texts, in their order; used instead of `embed` where present. */
  embedBatch?(texts: readonly string[], call?: EmbeddingCall): Promise<readonly Vector[]> | readonly Vector[];
  /**
   * Names the model and its version. It is kept in the store: another model on the same namespace is refused,
   * because its vectors mean something else. Default: none, only the dimensions are compared.
   */
  readonly fingerprint?: string | undefined;
}
