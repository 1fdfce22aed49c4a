import type { DescMessage } from '@bufbuild/protobuf';
import type { StatsRequestSchema, StatsResponseSchema } from './generated/ext_pb.js';
import { type DescribeRequestSchema, type DescribeResponseSchema, Store } from './generated/ext_pb.js';
import {
  type DeleteRequestSchema,
  type DeleteResponseSchema,
  type GetRequestSchema,
  type GetResponseSchema,
  Kv,
  type PutRequestSchema,
  type PutResponseSchema,
} from './generated/kv_pb.js';
import { type ClusterViewSchema, Meta } from './generated/meta_pb.js';
import type {
  CreateVectorIndexRequestSchema,
  CreateVectorIndexResponseSchema,
  DropVectorIndexRequestSchema,
  DropVectorIndexResponseSchema,
} from './generated/vector_index_pb.js';
import {
  Vector,
  type VectorDeleteRequestSchema,
  type VectorDeleteResponseSchema,
  type VectorInsertRequestSchema,
  type VectorInsertResponseSchema,
} from './generated/vector_pb.js';
import type {
  VectorGetRequestSchema,
  VectorGetResponseSchema,
  VectorSearchRequestSchema,
  VectorSearchResponseSchema,
} from './generated/vector_search_pb.js';

/** A method of the wire: where it is, and what goes there and back. */
export interface WireMethod<
  Input extends DescMessage = DescMessage,
  Output extends DescMessage = DescMessage,
> {
  /** As in the HTTP/2 header `:path`. */
  readonly path: string;
  readonly input: Input;
  readonly output: Output;
}

type Method<Input extends DescMessage, Output extends DescMessage> = WireMethod<Input, Output>;

/** The unary methods. */
export interface WireMethods {
  readonly put: Method<typeof PutRequestSchema, typeof PutResponseSchema>;
  readonly get: Method<typeof GetRequestSchema, typeof GetResponseSchema>;
  readonly delete: Method<typeof DeleteRequestSchema, typeof DeleteResponseSchema>;
  readonly describe: Method<typeof DescribeRequestSchema, typeof DescribeResponseSchema>;
  /** Delete on the extension service: with a condition or an id. */
  readonly deleteExactly: Method<typeof DeleteRequestSchema, typeof DeleteResponseSchema>;
  readonly stats: Method<typeof StatsRequestSchema, typeof StatsResponseSchema>;
  readonly createIndex: Method<typeof CreateVectorIndexRequestSchema, typeof CreateVectorIndexResponseSchema>;
  readonly dropIndex: Method<typeof DropVectorIndexRequestSchema, typeof DropVectorIndexResponseSchema>;
  readonly insertVector: Method<typeof VectorInsertRequestSchema, typeof VectorInsertResponseSchema>;
  readonly deleteVector: Method<typeof VectorDeleteRequestSchema, typeof VectorDeleteResponseSchema>;
  readonly searchVectors: Method<typeof VectorSearchRequestSchema, typeof VectorSearchResponseSchema>;
  readonly getVector: Method<typeof VectorGetRequestSchema, typeof VectorGetResponseSchema>;
}

/** Every unary method of the wire. */
export const methods: WireMethods = {
  put: /* @__PURE__ */ wireMethod(Kv.method.put),
  get: /* @__PURE__ */ wireMethod(Kv.method.get),
  delete: /* @__PURE__ */ wireMethod(Kv.method.delete),
  describe: /* @__PURE__ */ wireMethod(Store.method.describe),
  deleteExactly: /* @__PURE__ */ wireMethod(Store.method.delete),
  stats: /* @__PURE__ */ wireMethod(Store.method.stats),
  createIndex: /* @__PURE__ */ wireMethod(Vector.method.createIndex),
  dropIndex: /* @__PURE__ */ wireMethod(Vector.method.dropIndex),
  insertVector: /* @__PURE__ */ wireMethod(Vector.method.insert),
  deleteVector: /* @__PURE__ */ wireMethod(Vector.method.delete),
  searchVectors: /* @__PURE__ */ wireMethod(Vector.method.search),
  getVector: /* @__PURE__ */ wireMethod(Vector.method.get),
};

/** The one method that answers more than once. */
export const watchCluster: WireMethod<typeof ClusterViewSchema, typeof ClusterViewSchema> =
  /* @__PURE__ */ wireMethod(Meta.method.watchCluster);

function wireMethod<Input extends DescMessage, Output extends DescMessage>(method: {
  readonly name: string;
  readonly parent: { readonly typeName: string };
  readonly input: Input;
  readonly output: Output;
}): WireMethod<Input, Output> {
  const { name, parent, input, output } = method;
  return { path: `/${parent.typeName}/${name}`, input, output };
}
