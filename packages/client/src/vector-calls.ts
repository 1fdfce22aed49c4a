import type { DescMessage } from '@bufbuild/protobuf';
import {
  type CallOptions,
  type DistanceFunction,
  UnsupportedError,
  type VectorGetOptions,
  type VectorIndexType,
  type VectorMatch,
  type VectorSearchOptions,
  type VectorSearchResult,
  type VectorStore,
  type VectorWriteOptions,
  type Version,
} from '@norikv/store';
import {
  checkReadOptions,
  checkWriteOptions,
  searchNames,
  vectorWriteNames,
} from '@norikv/store/call-options';
import { checkText, checkWhole, refuse } from '@norikv/store/checks';
import type { CallRunner } from './call-runner.js';
import type { Description } from './description.js';
import { consistencyFor, demand } from './plans.js';
import type { Resend } from './resend.js';
import type { Outgoing, Received } from './wire/codec.js';
import { distanceToWire, indexTypeToWire } from './wire/enums.js';
import { wireLimits } from './wire/limits.js';
import { methods, type WireMethod } from './wire/methods.js';

const bytesPerNumber = 4;

interface VectorWrite<Input extends DescMessage, Output extends DescMessage> {
  readonly method: WireMethod<Input, Output>;
  readonly key: string;
  readonly bytes: number;
  readonly options: VectorWriteOptions;
  /** The same write twice leaves the same state. */
  readonly fields: Outgoing<Input>;
}

interface VectorRead<Input extends DescMessage, Output extends DescMessage> {
  readonly method: WireMethod<Input, Output>;
  readonly key: string;
  readonly bytes: number;
  readonly options: CallOptions;
  fieldsFor(server: Description): Outgoing<Input>;
}

/** The six vector calls over the wire. A server without vectors answers each with `UnsupportedError`. */
export class VectorCalls implements VectorStore {
  readonly #runner: CallRunner;
  readonly #allowPlain: boolean;

  constructor(runner: CallRunner, allowPlain: boolean) {
    this.#runner = runner;
    this.#allowPlain = allowPlain;
  }

  async vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType: VectorIndexType = 'brute_force',
    options: VectorWriteOptions = {},
  ): Promise<boolean> {
    checkNamespace(namespace);
    checkWhole('dimensions', dimensions, 1, wireLimits.maxDimensions);
    checkWriteOptions(options, vectorWriteNames);
    const fields = {
      namespace,
      dimensions,
      distance: distanceToWire(distance),
      indexType: indexTypeToWire(indexType),
      idempotencyKey: options.idempotencyKey ?? '',
    };
    const write = { method: methods.createIndex, key: namespace, bytes: 0, options, fields };
    return (await this.#write(write)).created;
  }

  async vectorDropIndex(namespace: string, options: VectorWriteOptions = {}): Promise<boolean> {
    checkNamespace(namespace);
    checkWriteOptions(options, vectorWriteNames);
    const fields = { namespace, idempotencyKey: options.idempotencyKey ?? '' };
    const write = { method: methods.dropIndex, key: namespace, bytes: 0, options, fields };
    return (await this.#write(write)).dropped;
  }

  async vectorInsert(
    namespace: string,
    id: string,
    vector: readonly number[] | Float32Array,
    options: VectorWriteOptions = {},
  ): Promise<Version> {
    checkNamespace(namespace);
    checkId(id);
    checkWriteOptions(options, vectorWriteNames);
    const numbers = checkedVector('vector', vector);
    const bytes = numbers.length * bytesPerNumber;
    const fields = { namespace, id, vector: numbers, idempotencyKey: options.idempotencyKey ?? '' };
    const write = { method: methods.insertVector, key: id, bytes, options, fields };
    const { version } = await this.#write(write);
    return { term: version?.term ?? 0n, index: version?.index ?? 0n };
  }

  async vectorDelete(namespace: string, id: string, options: VectorWriteOptions = {}): Promise<boolean> {
    checkNamespace(namespace);
    checkId(id);
    checkWriteOptions(options, vectorWriteNames);
    const fields = { namespace, id, idempotencyKey: options.idempotencyKey ?? '' };
    const write = { method: methods.deleteVector, key: id, bytes: 0, options, fields };
    return (await this.#write(write)).deleted;
  }

  async vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options: VectorSearchOptions = {},
  ): Promise<VectorSearchResult> {
    checkNamespace(namespace);
    checkWhole('k', k, 1, 2 ** 32 - 1);
    checkReadOptions(options, searchNames);
    const numbers = checkedVector('query', query);
    const includeVectors = options.includeVectors ?? false;
    const bytes = numbers.length * bytesPerNumber;
    const fieldsFor = ({ isPlain }: Description): Outgoing<(typeof methods.searchVectors)['input']> => ({
      namespace,
      query: numbers,
      k,
      includeVectors,
      consistency: consistencyFor(options, isPlain),
    });
    const read = { method: methods.searchVectors, key: namespace, bytes, options, fieldsFor };
    const answer = await this.#read(read);
    const matches = answer.matches.map(
      ({ id, distance, vector }): VectorMatch =>
        includeVectors ? { id, distance, vector } : { id, distance },
    );
    return { matches, searchTimeUs: Number(answer.searchTimeUs) };
  }

  async vectorGet(namespace: string, id: string, options: VectorGetOptions = {}): Promise<number[] | null> {
    checkNamespace(namespace);
    checkId(id);
    checkReadOptions(options);
    const fieldsFor = ({ isPlain }: Description): Outgoing<(typeof methods.getVector)['input']> => ({
      namespace,
      id,
      consistency: consistencyFor(options, isPlain),
    });
    const read = { method: methods.getVector, key: id, bytes: 0, options, fieldsFor };
    const { found, vector } = await this.#read(read);
    return found ? vector : null;
  }

  #write<Input extends DescMessage, Output extends DescMessage>(
    write: VectorWrite<Input, Output>,
  ): Promise<Received<Output>> {
    const { fields, ...call } = write;
    const { key, options } = call;
    const { idempotencyKey = '' } = options;
    const resend = ({ capabilities }: Description): Resend =>
      idempotencyKey !== '' && capabilities.idempotency === 'durable' ? 'always' : 'never';
    const request = (server: Description): Outgoing<Input> => {
      demandVectors(server);
      if (idempotencyKey !== '' && !this.#allowPlain) {
        demand(server.capabilities.idempotency !== 'none', 'idempotencyKey', key);
      }
      return fields;
    };
    return this.#runner.run({ ...call, isWrite: true, request, resend });
  }

  #read<Input extends DescMessage, Output extends DescMessage>(
    read: VectorRead<Input, Output>,
  ): Promise<Received<Output>> {
    const { fieldsFor, ...call } = read;
    const request = (server: Description): Outgoing<Input> => {
      demandVectors(server);
      return fieldsFor(server);
    };
    return this.#runner.run({ ...call, isWrite: false, request, resend: () => 'always' });
  }
}

/** A plain server is asked: it answers for itself. */
function demandVectors({ isPlain, capabilities }: Description): void {
  if (isPlain || capabilities.vector) return;
  throw new UnsupportedError(`The server "${capabilities.engine}" serves no vectors; nothing was sent`);
}

function checkNamespace(namespace: string): void {
  checkText('namespace', namespace, wireLimits.maxNamespaceBytes);
}

function checkId(id: string): void {
  checkText('id', id, wireLimits.maxVectorIdBytes);
}

function checkedVector(name: string, vector: readonly number[] | Float32Array): number[] {
  if (typeof vector !== 'object' || vector === null) refuse(name, vector, 'numbers, or a Float32Array');
  checkWhole(`${name}.length`, vector.length, 1, wireLimits.maxDimensions);
  const numbers = Array.from(vector);
  const bad = numbers.findIndex((one) => typeof one !== 'number' || !Number.isFinite(Math.fround(one)));
  if (bad < 0) return numbers;
  return refuse(`${name}[${bad}]`, numbers[bad], 'numbers that fit 32-bit floats');
}
