/**
 * What a recommendation is based on: what the user likes, what was met in this session, what many like at
 * present, or have liked for long. `similar` in the answers of `getSimilarProducts`.
 */
export type RecommendationSource = 'taste' | 'session' | 'trending' | 'popular' | 'similar';

/** How a score came about: the parts add up to it. */
export interface Explanation {
  /** How near the product is to what is asked for; 0 where nothing is known of the user. */
  readonly similarity: number;
  /** What popularity adds. */
  readonly popularity: number;
  /** What the caller's `boost` adds. */
  readonly boost: number;
  /** With `explain`: up to three of the user's latest products that speak for it, the strongest first. */
  readonly because?: readonly string[] | undefined;
}

/** A product for a user. */
export interface ProductRecommendation {
  readonly productId: string;
  readonly name: string;
  readonly category: string;
  /**
   * Higher is better. `similarity` in it is the cosine between product and taste, -1 to 1; after a training the
   * inner product with the taste, which is in the same range and lower for products little is known of.
   */
  readonly score: number;
  readonly source: RecommendationSource;
  readonly explanation: Explanation;
}
