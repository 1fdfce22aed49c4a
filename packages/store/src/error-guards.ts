/** The code of an error, whichever package or copy of a package made it; its name where it has no code. */
export function errorCode(error: unknown): string | undefined {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : codesByName.get(name);
}

const codesByName: ReadonlyMap<unknown, string> = new Map([
  ['KeyNotFoundError', 'KEY_NOT_FOUND'],
  ['NotFoundError', 'KEY_NOT_FOUND'],
  ['VersionMismatchError', 'VERSION_MISMATCH'],
  ['AlreadyExistsError', 'ALREADY_EXISTS'],
]);

/** Whether an error says that the key is absent. */
export function isKeyNotFound(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'KEY_NOT_FOUND' || code === 'NOT_FOUND';
}

/** Whether an error says that a conditional write lost. */
export function isVersionMismatch(error: unknown): boolean {
  return errorCode(error) === 'VERSION_MISMATCH';
}

/** Whether an error says that a create found the key present. */
export function isAlreadyExists(error: unknown): boolean {
  return errorCode(error) === 'ALREADY_EXISTS';
}
