/** What LangChain calls `EmbeddingsInterface`. */
export interface LangChainEmbeddings {
  /** The vectors of texts, in their order. */
  embedDocuments(texts: string[]): Promise<number[][]>;
  /** The vector of a query. */
  embedQuery(text: string): Promise<number[]>;
}

/** What LangChain calls `DocumentInterface`. */
export interface LangChainDocument {
  pageContent: string;
  /** Must be JSON. */
  metadata: Record<string, unknown>;
  id?: string;
}

/** Metadata values that must be equal: strings, numbers, booleans, null; or a predicate. */
export type LangChainFilter = Readonly<Record<string, unknown>> | ((document: LangChainDocument) => boolean);

/** Options of a search for variety. */
export interface MarginalRelevanceOptions {
  /** How many documents. */
  readonly k: number;
  /** Among how many of the nearest they are chosen. Default 20. */
  readonly fetchK?: number | undefined;
  /** 1 looks at the query alone, 0 at variety alone. Default 0.5. */
  readonly lambda?: number | undefined;
  readonly filter?: LangChainFilter | undefined;
}
