/** A token no other ledger entry has or will have: an old one would let a sweep remove a new entry. */
export function newToken(): string {
  return crypto.randomUUID();
}
