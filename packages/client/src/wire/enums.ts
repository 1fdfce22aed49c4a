import type { DistanceFunction, VectorIndexType } from '@norikv/store';
import { refuse } from '@norikv/store/checks';
import {
  DistanceFunction as WireDistance,
  VectorIndexType as WireIndexType,
} from './generated/vector_index_pb.js';

const distances: Readonly<Record<DistanceFunction, WireDistance>> = {
  euclidean: WireDistance.EUCLIDEAN,
  cosine: WireDistance.COSINE,
  inner_product: WireDistance.INNER_PRODUCT,
};
const indexTypes: Readonly<Record<VectorIndexType, WireIndexType>> = {
  brute_force: WireIndexType.BRUTE_FORCE,
  hnsw: WireIndexType.HNSW,
};

/** @throws InvalidArgumentError for any other name. */
export function distanceToWire(distance: DistanceFunction): WireDistance {
  return numberOf('distance', distances, distance);
}

/** @throws InvalidArgumentError for any other name. */
export function indexTypeToWire(indexType: VectorIndexType): WireIndexType {
  return numberOf('indexType', indexTypes, indexType);
}

/** Undefined for a number this version does not know. */
export function distanceFromWire(value: WireDistance): DistanceFunction | undefined {
  return nameOf(distances, value);
}

/** Undefined for a number this version does not know; unspecified is `brute_force`. */
export function indexTypeFromWire(value: WireIndexType): VectorIndexType | undefined {
  return value === WireIndexType.UNSPECIFIED ? 'brute_force' : nameOf(indexTypes, value);
}

function numberOf<Name extends string, Value>(
  option: string,
  table: Readonly<Record<Name, Value>>,
  name: Name,
): Value {
  if (Object.hasOwn(table, name)) return table[name];
  return refuse(option, name, `one of ${Object.keys(table).join(', ')}`);
}

function nameOf<Name extends string, Value>(
  table: Readonly<Record<Name, Value>>,
  value: Value,
): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => table[name] === value);
}
