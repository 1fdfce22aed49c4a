/** Sizes the wire allows. */
export interface WireLimits {
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  readonly maxNamespaceBytes: number;
  readonly maxVectorIdBytes: number;
  readonly maxDimensions: number;
}

/** Bytes of an answer that clients read. */
export const longestAnswer: number = 8 * 2 ** 20;

/** The sizes the wire allows. */
export const wireLimits: WireLimits = {
  maxKeyBytes: 1_024,
  maxValueBytes: 1_048_576,
  maxNamespaceBytes: 256,
  maxVectorIdBytes: 512,
  maxDimensions: 4_096,
};
