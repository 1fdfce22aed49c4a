/** A name as a part of a key in which `/` comes later, so that no key is that of two names. */
export function keyPart(name: string): string {
  return name.replaceAll(/[%/]/g, encodeURIComponent);
}
