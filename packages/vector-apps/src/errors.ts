import { NoriKVError } from '@norikv/store';

/** An embedding model answered with something that is not one finite vector of its dimensions for each text. */
export class EmbeddingError extends NoriKVError {
  static override readonly code: string = 'EMBEDDING';
}

/** The vectors in the store were made by another model. Use that model, or another namespace. */
export class ModelMismatchError extends NoriKVError {
  static override readonly code: string = 'MODEL_MISMATCH';
}

/** A record has lost a vector. `repair()` finds such records and brings the vectors back. */
export class VectorMissingError extends NoriKVError {
  static override readonly code: string = 'VECTOR_MISSING';
}

/** A later training of product vectors began before this one was ready. Nothing of this one is used. */
export class TrainingSupersededError extends NoriKVError {
  static override readonly code: string = 'TRAINING_SUPERSEDED';
}
