import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';

/** What a stream came to. */
export interface PlainEnd {
  readonly http: number | undefined;
  /** Those at the end of the stream, or those that were all there was. */
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly reset: number | undefined;
}

/** A client made of HTTP/2 alone, for everything no gRPC library would send. */
export class PlainHttp2Client implements AsyncDisposable {
  readonly session: ClientHttp2Session;

  constructor(address: string) {
    const limits = { maxSendHeaderBlockLength: 2 ** 20, maxSessionMemory: 2 ** 20 };
    this.session = connect(`http://${address}`, limits);
    this.session.on('error', () => {});
  }

  /** Sends headers and bytes; without the end of the stream if `isOpen`. */
  async call(
    path: string,
    bytes: Buffer,
    headers: Readonly<Record<string, string>> = {},
    isOpen = false,
  ): Promise<PlainEnd> {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let http: number | undefined;
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('response', (received) => {
      http = received[':status'];
      trailers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (isOpen) stream.write(bytes);
    else stream.end(bytes);
    await new Promise((resolve) => stream.once('close', resolve));
    return { http, trailers, body: Buffer.concat(chunks), reset: stream.rstCode };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.destroy();
  }
}
