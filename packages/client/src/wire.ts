export { isAddress, isLoopback } from './address.js';
export { bytesPerPiece, type Frame, FrameError, FrameReader, frameOf } from './grpc/frames.js';
export { probe } from './grpc/probe.js';
export { type StatusCode, status, statusName } from './grpc/status.js';
export { percentEncoded } from './grpc/texts.js';
export { startDeadline, timeoutMs } from './grpc/timeouts.js';
export { decode, encode, type Outgoing, type Received } from './wire/codec.js';
export { distanceFromWire, distanceToWire, indexTypeFromWire, indexTypeToWire } from './wire/enums.js';
export {
  type AnswerFrame,
  answerFrame,
  type CallFrame,
  callFrame,
  cancelFrame,
  exchangePath,
  readAnswer,
  readCall,
  refusalFrame,
} from './wire/exchange.js';
export type { DescribeResponseSchema } from './wire/generated/ext_pb.js';
export { GetResponseSchema } from './wire/generated/kv_pb.js';
export { longestAnswer, type WireLimits, wireLimits } from './wire/limits.js';
export { methods, type WireMethod, type WireMethods, watchCluster } from './wire/methods.js';
export { honouredKey, type OptionalField, trailers } from './wire/trailers.js';
