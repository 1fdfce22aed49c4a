/** Text as the header `grpc-message` carries it: printable ASCII, no space at either end, and the rest percent-encoded. */
export function percentEncoded(text: string): string {
  return text.toWellFormed().replace(/^ | $|[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent);
}

/** The text in a `grpc-message`; as it is, if it makes no sense. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
