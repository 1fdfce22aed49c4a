import type { Capabilities } from '@norikv/store';
import type { Received } from './wire/codec.js';
import type { DescribeResponseSchema } from './wire/generated/ext_pb.js';

/** What is known of the server at the other end of one connection. */
export interface Description {
  readonly capabilities: Capabilities;
  /** A server that does not know the extension: it may ignore what it does not understand. */
  readonly isPlain: boolean;
  readonly nodeId: string;
  /** Whether calls can share a stream. */
  readonly hasExchange: boolean;
}

const maxKeyBytes = 1_024;
const maxValueBytes = 2 ** 20;

/** A server that has never heard of the question. */
export const plainServer: Description = {
  isPlain: true,
  nodeId: '',
  hasExchange: false,
  capabilities: Object.freeze({
    engine: 'a NoriKV server without the extension service',
    atomicCas: false,
    createIfAbsent: false,
    deleteCas: false,
    linearizableReads: false,
    putVersionUsable: false,
    ttl: 'none',
    durableAck: false,
    idempotency: 'none',
    maxKeyBytes,
    maxValueBytes,
    vector: false,
  }),
};

/** What a server says of itself; what it says in words nobody knows counts as no guarantee. */
export function describedServer(answer: Received<typeof DescribeResponseSchema>): Description {
  const { ttl, idempotency } = answer;
  return {
    isPlain: false,
    nodeId: answer.nodeId,
    hasExchange: answer.exchange,
    capabilities: Object.freeze({
      engine: answer.engine,
      atomicCas: answer.atomicCas,
      createIfAbsent: answer.createIfAbsent,
      deleteCas: answer.deleteCas,
      linearizableReads: answer.linearizableReads,
      putVersionUsable: answer.putVersionUsable,
      ttl: ttl === 'exact' || ttl === 'coarse' ? ttl : 'none',
      durableAck: answer.durableAck,
      idempotency: idempotency === 'durable' || idempotency === 'node' ? idempotency : 'none',
      maxKeyBytes: Math.min(answer.maxKeyBytes || maxKeyBytes, maxKeyBytes),
      maxValueBytes: Math.min(answer.maxValueBytes || maxValueBytes, maxValueBytes),
      vector: answer.vector,
    }),
  };
}

/** What all of several servers guarantee. */
export function commonCapabilities(servers: readonly Capabilities[]): Capabilities | undefined {
  const [first, ...others] = servers;
  if (first === undefined) return undefined;
  const engine = [...new Set(servers.map((server) => server.engine))].join(' and ');
  const common = others.reduce(both, first);
  return common.engine === engine ? common : Object.freeze({ ...common, engine });
}

function both(left: Capabilities, right: Capabilities): Capabilities {
  if (left === right) return left;
  return Object.freeze({
    engine: left.engine,
    atomicCas: left.atomicCas && right.atomicCas,
    createIfAbsent: left.createIfAbsent && right.createIfAbsent,
    deleteCas: left.deleteCas && right.deleteCas,
    linearizableReads: left.linearizableReads && right.linearizableReads,
    putVersionUsable: left.putVersionUsable && right.putVersionUsable,
    ttl: weaker(['none', 'coarse', 'exact'], left.ttl, right.ttl),
    durableAck: left.durableAck && right.durableAck,
    idempotency: weaker(['none', 'node', 'durable'], left.idempotency, right.idempotency),
    maxKeyBytes: Math.min(left.maxKeyBytes, right.maxKeyBytes),
    maxValueBytes: Math.min(left.maxValueBytes, right.maxValueBytes),
    vector: left.vector && right.vector,
  });
}

function weaker<Level extends string>(ladder: readonly Level[], left: Level, right: Level): Level {
  return ladder.indexOf(left) < ladder.indexOf(right) ? left : right;
}
