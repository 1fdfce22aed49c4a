import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import type { Outgoing, Received, WireMethod } from '../../src/wire.js';
import { decode, encode, watchCluster } from '../../src/wire.js';

/** A status instead of an answer. */
export interface Refused {
  readonly refuse: Partial<StatusObject>;
}

/** What a raw server answers: a message, a status, or nothing at all. */
export type RawAnswer<Method extends WireMethod> = Outgoing<Method['output']> | Refused | 'silence';

/** A server that answers what a test tells it, right or wrong. */
export class RawServer implements AsyncDisposable {
  readonly #server = new Server();
  /** Paths of the calls, in order. */
  readonly calls: string[] = [];
  address = '';

  /** Answers a method; methods that are not answered are UNIMPLEMENTED. */
  answer<Method extends WireMethod>(
    method: Method,
    reply: (
      request: Received<Method['input']>,
      metadata: Metadata,
    ) => RawAnswer<Method> | Promise<RawAnswer<Method>>,
  ): this {
    const handler: handleUnaryCall<Buffer, Buffer> = async (call, callback) => {
      this.calls.push(method.path);
      const answer = await reply(decode<Method['input']>(method.input, call.request), call.metadata);
      if (answer === 'silence') return;
      if (isRefused(answer)) {
        const { code = status.INTERNAL, details = '', metadata = new Metadata() } = answer.refuse;
        callback({ code, details, metadata });
      } else callback(null, encode(method.output, answer as Outgoing<Method['output']>));
    };
    this.#server.addService({ call: definition(method.path, false) }, { call: handler });
    return this;
  }

  /** Answers a method with bytes, whatever they are. */
  answerBytes({ path }: WireMethod, bytes: Buffer): this {
    const handler: handleUnaryCall<Buffer, Buffer> = (_call, callback) => callback(null, bytes);
    this.#server.addService({ call: definition(path, false) }, { call: handler });
    return this;
  }

  /** Answers the topology watch with raw bytes. */
  stream(handler: handleServerStreamingCall<Buffer, Buffer>): this {
    this.#server.addService({ call: definition(watchCluster.path, true) }, { call: handler });
    return this;
  }

  async listen(): Promise<this> {
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) =>
        error ? reject(error) : resolve(at),
      );
    });
    this.address = `127.0.0.1:${bound}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }
}

function isRefused(answer: object): answer is Refused {
  return 'refuse' in answer;
}

const asIs = (bytes: Buffer): Buffer => bytes;

function definition(
  path: string,
  responseStream: boolean,
): {
  path: string;
  requestStream: false;
  responseStream: boolean;
  requestSerialize: typeof asIs;
  requestDeserialize: typeof asIs;
  responseSerialize: typeof asIs;
  responseDeserialize: typeof asIs;
} {
  const codecs = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  return { path, requestStream: false, responseStream, ...codecs };
}
