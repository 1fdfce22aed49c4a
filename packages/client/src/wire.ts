export { isAddress } from './address.js';
export { decode, encode, type Outgoing, type Received } from './wire/codec.js';
export { distanceFromWire, distanceToWire, indexTypeFromWire, indexTypeToWire } from './wire/enums.js';
export type { DescribeResponseSchema } from './wire/generated/ext_pb.js';
export { GetResponseSchema } from './wire/generated/kv_pb.js';
export { wireLimits } from './wire/limits.js';
export { methods, type WireMethod, type WireMethods, watchCluster } from './wire/methods.js';
export { honouredKey, type OptionalField, trailers } from './wire/trailers.js';
