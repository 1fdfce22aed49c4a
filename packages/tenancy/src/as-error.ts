/** Express and Fastify take `undefined` and some texts for no error, and would let the request through. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The tenant could not be found out', { cause: error });
}
