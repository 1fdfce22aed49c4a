/** Given by a handler that could not do its work because the store is away: it is to be called again. */
export const notYet: unique symbol = Symbol('not yet');
