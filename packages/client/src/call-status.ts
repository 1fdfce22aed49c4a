import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { status, statusOfHttp } from './grpc/status.js';
import { percentDecoded } from './grpc/texts.js';
import { trailers } from './wire/trailers.js';

/** What a call ended with: a code of gRPC, a text, and what else the server said. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
  readonly trailers: IncomingHttpHeaders;
}

/** The end of a call that found no connection to be sent on. */
export function notSent(): CallStatus {
  return untouched('The connection broke before the request was sent');
}

/** The end of a call on a stream the server does not know how to read. */
export function unread(): CallStatus {
  return untouched('The server does not know how calls share a stream');
}

/** The end of a call that nobody waits for any longer, as its time is over. */
export function tooLate(): CallStatus {
  return { code: status.DEADLINE_EXCEEDED, details: 'No answer within the deadline', trailers: {} };
}

/** Whether the server does not know the method. It says so itself: a 404 is a page of a proxy, and of this moment. */
export function isUnknownMethod({ code, trailers: { 'grpc-status': own } }: CallStatus): boolean {
  return code === status.UNIMPLEMENTED && own !== undefined;
}

/** The status in headers or trailers, if there is one. */
export function statusIn(
  headers: IncomingHttpHeaders & { readonly ':status'?: number | undefined },
): CallStatus | undefined {
  const { 'grpc-status': code, 'grpc-message': text, ':status': http = 200 } = headers;
  if (code !== undefined) {
    const isCode = typeof code === 'string' && /^\d{1,2}$/.test(code);
    const details = percentDecoded(String(text ?? ''));
    return { code: isCode ? Number(code) : status.UNKNOWN, details, trailers: headers };
  }
  if (http === 200) return undefined;
  return { code: statusOfHttp(http), details: `HTTP status ${http}`, trailers: {} };
}

/**
 * What it means that a stream is over and nobody has said a status.
 *
 * @param hasBegun - whether the server had begun to answer.
 */
export function statusOfReset(
  { rstCode, errored }: Pick<ClientHttp2Stream, 'rstCode' | 'errored'>,
  hasBegun: boolean,
): CallStatus {
  // Of this stream, not of the connection: a GOAWAY with this code ends streams that were served, too.
  const isOfStream = (errored as NodeJS.ErrnoException | null)?.code === 'ERR_HTTP2_STREAM_ERROR';
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM && isOfStream && !hasBegun) {
    // Nothing was done with it: RFC 9113, section 8.7.
    return untouched('The server refused the request unread');
  }
  const details = `The call ended before its answer came (${errored?.message ?? `HTTP/2 code ${rstCode}`})`;
  return { code: status.UNAVAILABLE, details, trailers: {} };
}

/** For what is known not to have been applied. */
function untouched(details: string): CallStatus {
  return { code: status.UNAVAILABLE, details, trailers: { [trailers.outcome]: 'not-applied' } };
}
