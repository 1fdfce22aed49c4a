/** What a command reads and writes, and how it is told to stop. */
export interface Terminal {
  /** Standard input, which is not touched until it is asked for. */
  input(): AsyncIterable<Uint8Array>;
  /** Bytes are written as they are. */
  out(text: string | Uint8Array): void;
  error(text: string): void;
  /** Calls back when the process is asked to end. */
  stopped(callback: () => void): void;
  /** Calls back each time the process is asked to read its files again. */
  hungUp(callback: () => void): void;
}

/** A mistake in how the command was called: the message is all its user needs. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** What an error says to a person. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
