/** A record as readers see it. */
export interface VectorRecord<T> {
  readonly id: string;
  /** Grows with every write of the id and never comes back. */
  readonly generation: number;
  readonly data: T;
  readonly vectorCount: number;
}
