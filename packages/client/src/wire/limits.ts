/** Sizes the wire allows. */
export interface WireLimits {
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  readonly maxNamespaceBytes: number;
  readonly maxVectorIdBytes: number;
  readonly maxDimensions: number;
}

/** The sizes the wire allows. */
export const wireLimits: WireLimits = {
  maxKeyBytes: 1_024,
  maxValueBytes: 1_048_576,
  maxNamespaceBytes: 256,
  maxVectorIdBytes: 512,
  maxDimensions: 4_096,
};
