/** To Express and Fastify, nothing at all and some texts are no errors, and would let the request through. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The tenant could not be found out', { cause: error });
}
