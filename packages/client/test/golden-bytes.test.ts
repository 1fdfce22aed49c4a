import type { DescMessage } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { decode, encode, methods, type WireMethod, watchCluster } from '../src/wire.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const version = { term: 1n, index: 2n };
const meta = { a: 'b' };

/** The bytes were written by protoc from the text form of each message. */
const golden: readonly (readonly [string, DescMessage, Record<string, unknown>, string])[] = [
  [
    'PutRequest, 64 bits wide',
    methods.put.input,
    {
      key: bytes('k'),
      value: bytes('v'),
      ttlMs: 1_500n,
      idempotencyKey: 'id',
      ifMatch: { term: 1n, index: 2n ** 64n - 1n },
    },
    '0a016b12017618dc0b220269642a0d080110ffffffffffffffffff01',
  ],
  [
    'PutRequest, must not exist: 2a 00',
    methods.put.input,
    { key: bytes('k'), value: bytes('v'), ifMatch: { term: 0n, index: 0n } },
    '0a016b1201762a00',
  ],
  ['PutRequest, empty value', methods.put.input, { key: bytes('k') }, '0a016b'],
  [
    'PutResponse, above 2^53',
    methods.put.output,
    { version: { term: 1n, index: 2n ** 53n + 1n }, meta },
    '0a0b080110818080808080801012060a0161120162',
  ],
  [
    'GetRequest',
    methods.get.input,
    { key: Uint8Array.of(0xff, 0), consistency: 'stale_ok' },
    '0a02ff0012087374616c655f6f6b',
  ],
  [
    'GetResponse',
    methods.get.output,
    { value: bytes('v'), version: { term: 2n, index: 3n }, meta },
    '0a01761204080210031a060a0161120162',
  ],
  ['GetResponse, empty value', methods.get.output, { version: { term: 1n, index: 1n } }, '120408011001'],
  ['GetResponse, missing', methods.get.output, {}, ''],
  [
    'DeleteRequest',
    methods.delete.input,
    { key: bytes('k'), idempotencyKey: 'id', ifMatch: version },
    '0a016b120269641a0408011002',
  ],
  ['DeleteResponse', methods.delete.output, { tombstoned: true, version }, '0801120408011002'],
  [
    'ClusterView',
    watchCluster.output,
    {
      epoch: 7n,
      nodes: [{ id: 'n1', addr: 'h:1', role: 'leader' }],
      shards: [{ id: 5, replicas: [{ nodeId: 'n1', leader: true }, { nodeId: 'n2' }] }],
    },
    '080712110a026e311203683a311a066c65616465721a10080512060a026e31100112040a026e32',
  ],
  [
    'CreateVectorIndexRequest',
    methods.createIndex.input,
    { namespace: 's', dimensions: 3, distance: 3, indexType: 2, idempotencyKey: 'id' },
    '0a01731003180320022a026964',
  ],
  ['CreateVectorIndexResponse', methods.createIndex.output, { created: true, meta }, '080112060a0161120162'],
  [
    'DropVectorIndexRequest',
    methods.dropIndex.input,
    { namespace: 's', idempotencyKey: 'id' },
    '0a017312026964',
  ],
  ['DropVectorIndexResponse', methods.dropIndex.output, { dropped: true }, '0801'],
  [
    'VectorInsertRequest',
    methods.insertVector.input,
    { namespace: 's', id: 'i', vector: [1, -0.5], idempotencyKey: 'id' },
    '0a01731201691a080000803f000000bf22026964',
  ],
  ['VectorInsertResponse', methods.insertVector.output, { inserted: true, version }, '0801120408011002'],
  [
    'VectorDeleteRequest',
    methods.deleteVector.input,
    { namespace: 's', id: 'i', idempotencyKey: 'id' },
    '0a01731201691a026964',
  ],
  ['VectorDeleteResponse', methods.deleteVector.output, { deleted: true }, '0801'],
  [
    'VectorSearchRequest',
    methods.searchVectors.input,
    { namespace: 's', query: [1, 2], k: 10, includeVectors: true, consistency: 'lease' },
    '0a017312080000803f00000040180a20012a056c65617365',
  ],
  [
    'VectorSearchResponse',
    methods.searchVectors.output,
    { matches: [{ id: 'i', distance: 0.25, vector: [1] }], searchTimeUs: 300n },
    '0a0e0a0169150000803e1a040000803f10ac02',
  ],
  [
    'VectorGetRequest',
    methods.getVector.input,
    { namespace: 's', id: 'i', consistency: 'eventual' },
    '0a01731201691a086576656e7475616c',
  ],
  [
    'VectorGetResponse',
    methods.getVector.output,
    { vector: [1, 2], found: true },
    '0a080000803f000000401001',
  ],
  ['DescribeRequest', methods.describe.input, {}, ''],
  [
    'DescribeResponse',
    methods.describe.output,
    {
      engine: 'e',
      atomicCas: true,
      createIfAbsent: true,
      deleteCas: true,
      linearizableReads: true,
      putVersionUsable: true,
      ttl: 'exact',
      durableAck: true,
      idempotency: 'durable',
      maxKeyBytes: 1_024,
      maxValueBytes: 1_048_576,
      vector: true,
      nodeId: 'n',
    },
    '0a0165100118012001280130013a05657861637440014a0764757261626c655080085880804060016a016e',
  ],
  ['StatsRequest', methods.stats.input, {}, ''],
  ['StatsResponse', methods.stats.output, { figures: { a: 1.5 } }, '0a0c0a016111000000000000f83f'],
];

describe.each(golden)('%s', (_name, schema, fields, hex) => {
  it('has these bytes', () => {
    expect(encode(schema, fields).toString('hex')).toBe(hex);
  });

  it('is read from them', () => {
    expect(decode(schema, Buffer.from(hex, 'hex'))).toMatchObject(fields);
  });

  it('drops fields nobody knows', () => {
    const withUnknown = Buffer.from(`${hex}fa0f03616263`, 'hex'); // Field 255, three bytes.
    expect(encode(schema, decode(schema, withUnknown)).toString('hex')).toBe(hex);
  });
});

it('covers every message of every method', () => {
  const every = [...Object.values(methods as object), watchCluster] as WireMethod[];
  const missing = every
    .flatMap(({ input, output }) => [input, output])
    .filter((schema) => !golden.some(([, covered]) => covered === schema));
  expect(missing.map(({ typeName }) => typeName)).toEqual([]);
});

it('has the methods where the wire says', () => {
  expect(Object.values(methods as object).map(({ path }: WireMethod) => path)).toEqual([
    '/norikv.v1.Kv/Put',
    '/norikv.v1.Kv/Get',
    '/norikv.v1.Kv/Delete',
    '/norikv.ext.v1.Store/Describe',
    '/norikv.ext.v1.Store/Delete',
    '/norikv.ext.v1.Store/Stats',
    '/norikv.v1.Vector/CreateIndex',
    '/norikv.v1.Vector/DropIndex',
    '/norikv.v1.Vector/Insert',
    '/norikv.v1.Vector/Delete',
    '/norikv.v1.Vector/Search',
    '/norikv.v1.Vector/Get',
  ]);
  expect(watchCluster.path).toBe('/norikv.v1.Meta/WatchCluster');
});
