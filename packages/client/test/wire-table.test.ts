import { describe, expect, it } from 'vitest';
import * as ext from '../src/wire/generated/ext_pb.js';
import * as kv from '../src/wire/generated/kv_pb.js';
import * as meta from '../src/wire/generated/meta_pb.js';
import * as vectorIndex from '../src/wire/generated/vector_index_pb.js';
import * as vector from '../src/wire/generated/vector_pb.js';
import * as vectorSearch from '../src/wire/generated/vector_search_pb.js';

/** The public wire: field numbers are the protocol. */
const table: Readonly<Record<string, string>> = {
  Version: '1 term uint64, 2 index uint64',
  PutRequest: '1 key bytes, 2 value bytes, 3 ttl_ms uint64, 4 idempotency_key string, 5 if_match Version',
  PutResponse: '1 version Version, 2 meta map',
  GetRequest: '1 key bytes, 2 consistency string',
  GetResponse: '1 value bytes, 2 version Version, 3 meta map',
  DeleteRequest: '1 key bytes, 2 idempotency_key string, 3 if_match Version',
  DeleteResponse: '1 tombstoned bool, 2 version Version',
  ClusterNode: '1 id string, 2 addr string, 3 role string',
  ShardReplica: '1 node_id string, 2 leader bool',
  ShardInfo: '1 id uint32, 2 replicas repeated ShardReplica',
  ClusterView: '1 epoch uint64, 2 nodes repeated ClusterNode, 3 shards repeated ShardInfo',
  VectorMatch: '1 id string, 2 distance float, 3 vector repeated float',
  CreateVectorIndexRequest:
    '1 namespace string, 2 dimensions uint32, 3 distance DistanceFunction, 4 index_type VectorIndexType, 5 idempotency_key string',
  CreateVectorIndexResponse: '1 created bool, 2 meta map',
  DropVectorIndexRequest: '1 namespace string, 2 idempotency_key string',
  DropVectorIndexResponse: '1 dropped bool',
  VectorInsertRequest: '1 namespace string, 2 id string, 3 vector repeated float, 4 idempotency_key string',
  VectorInsertResponse: '1 inserted bool, 2 version Version',
  VectorDeleteRequest: '1 namespace string, 2 id string, 3 idempotency_key string',
  VectorDeleteResponse: '1 deleted bool',
  VectorSearchRequest:
    '1 namespace string, 2 query repeated float, 3 k uint32, 4 include_vectors bool, 5 consistency string',
  VectorSearchResponse: '1 matches repeated VectorMatch, 2 search_time_us uint64',
  VectorGetRequest: '1 namespace string, 2 id string, 3 consistency string',
  VectorGetResponse: '1 vector repeated float, 2 found bool',
};
const enums: Readonly<Record<string, string>> = {
  DistanceFunction:
    '0 DISTANCE_FUNCTION_UNSPECIFIED, 1 DISTANCE_FUNCTION_EUCLIDEAN, 2 DISTANCE_FUNCTION_COSINE, 3 DISTANCE_FUNCTION_INNER_PRODUCT',
  VectorIndexType:
    '0 VECTOR_INDEX_TYPE_UNSPECIFIED, 1 VECTOR_INDEX_TYPE_BRUTE_FORCE, 2 VECTOR_INDEX_TYPE_HNSW',
};

const generated: readonly object[] = [ext, kv, meta, vectorIndex, vector, vectorSearch].flatMap((file) =>
  Object.values(file),
);

interface Field {
  readonly number: number;
  readonly name: string;
  readonly proto: { readonly type: number; readonly typeName: string };
  readonly fieldKind: string;
  readonly message?: { readonly name: string };
  readonly enum?: { readonly name: string };
}
interface Described {
  readonly kind: string;
  readonly name: string;
  readonly typeName: string;
  readonly fields: readonly Field[];
  readonly values: readonly { readonly number: number; readonly name: string }[];
}

// The numbers of google.protobuf.FieldDescriptorProto.Type.
const scalars: Readonly<Record<number, string>> = {
  2: 'float',
  4: 'uint64',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
};

function textOf({ number, name, proto, fieldKind, message, enum: type }: Field): string {
  if (fieldKind === 'map') return `${number} ${name} map`;
  const repeated = fieldKind === 'list' ? 'repeated ' : '';
  return `${number} ${name} ${repeated}${message?.name ?? type?.name ?? scalars[proto.type]}`;
}

describe('the generated code', () => {
  const described = generated.filter((value): value is Described => 'kind' in value);

  it('has the messages of the public wire, field by field', () => {
    const messages = described.filter(
      ({ kind, typeName }) => kind === 'message' && typeName.startsWith('norikv.v1.'),
    );
    const found = Object.fromEntries(
      messages.map(({ name, fields }) => [name, fields.map(textOf).join(', ')]),
    );
    expect(found).toEqual(table);
  });

  it('has its enums', () => {
    const found = described
      .filter(({ kind }) => kind === 'enum')
      .map(({ name, values }) => [name, values.map((value) => `${value.number} ${value.name}`).join(', ')]);
    expect(Object.fromEntries(found)).toEqual(enums);
  });
});
