import type { ServerHttp2Stream } from 'node:http2';

/** The headers that every answer begins with. */
export const head: { readonly ':status': number; readonly 'content-type': string } = {
  ':status': 200,
  'content-type': 'application/grpc',
};

/** Begins to answer; what the trailers are is asked when the answer has ended. */
export function respond(stream: ServerHttp2Stream, trailers: () => Readonly<Record<string, string>>): void {
  stream.respond(head, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.closed || stream.sendTrailers(trailers()));
}
