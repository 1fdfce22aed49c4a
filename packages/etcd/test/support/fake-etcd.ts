import { randomBytes } from 'node:crypto';
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { MessageWriter } from '../../src/wire/message-writer.js';
import { type Method, methods } from '../../src/wire/methods.js';

/** What a fake member answers: a message, an error of etcd, or nothing at all. */
export type FakeAnswer = MessageWriter | { readonly code: status; readonly details: string } | 'nothing';

/** A call as a fake member sees it. */
export interface FakeCall {
  readonly method: Method;
  readonly bytes: Buffer;
  readonly token: string | undefined;
  /** From 1, among the calls of this method. */
  readonly number: number;
}

/** A member that says what a test wants. */
export class FakeEtcd implements AsyncDisposable {
  clusterId = 7n;
  hasLeader = true;
  term = 1n;
  answersStatus = true;
  /** Where it does not answer it sends bytes, as if an answer were on its way. */
  isSending = false;
  /** For how long each question for its status waits, in milliseconds. */
  readonly patiencesMs: number[] = [];
  /** Says its status to nobody, with this error. */
  statusRefusal: { readonly code: status; readonly details: string } | undefined;
  /** What it says as its status instead. */
  statusAnswer: MessageWriter | undefined;
  /** What it answers to all but `Status`. */
  answer: (call: FakeCall) => FakeAnswer = () => new MessageWriter();
  readonly calls: FakeCall[] = [];
  readonly #server = new Server();
  #address = '';

  static async start(clusterId = 7n, credentials = ServerCredentials.createInsecure()): Promise<FakeEtcd> {
    const fake = new FakeEtcd();
    fake.clusterId = clusterId;
    await fake.#listen(credentials);
    return fake;
  }

  get address(): string {
    return this.#address;
  }

  counted(method: Method): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** The header every answer begins with. */
  header(revision = 1n): MessageWriter {
    return new MessageWriter().number(1, this.clusterId).number(3, revision).number(4, this.term);
  }

  /** The answer to a transaction whose comparisons held. */
  written(revision: bigint): MessageWriter {
    return new MessageWriter().message(1, this.header(revision)).flag(2, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }

  #listen(credentials: ServerCredentials): Promise<void> {
    const identity = (bytes: Buffer): Buffer => bytes;
    for (const method of Object.values(methods)) {
      const definition = {
        path: method,
        requestStream: false,
        responseStream: false,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      };
      const handle: handleUnaryCall<Buffer, Buffer> = (call, reply) => {
        if (method === methods.status) this.#tellStatus(call, reply);
        else this.#handle(method, call.request, call.metadata, reply);
      };
      this.#server.addService({ [method]: definition }, { [method]: handle });
    }
    return new Promise((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
        this.#address = `127.0.0.1:${port}`;
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #tellStatus(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void {
    this.patiencesMs.push(Number(call.getDeadline()) - Date.now());
    if (this.statusRefusal) reply({ ...this.statusRefusal, metadata: new Metadata() });
    else if (this.answersStatus) reply(null, this.#status().finish());
    else if (this.isSending) {
      const metadata = new Metadata();
      metadata.set('part', randomBytes(4_096).toString('hex'));
      call.sendMetadata(metadata);
    }
  }

  #handle(method: Method, bytes: Buffer, metadata: Metadata, reply: sendUnaryData<Buffer>): void {
    const token = metadata.get('token')[0]?.toString();
    const call = { method, bytes, token, number: this.counted(method) + 1 };
    this.calls.push(call);
    const answer = this.answer(call);
    if (answer === 'nothing') return;
    if (answer instanceof MessageWriter) reply(null, answer.finish());
    else reply({ ...answer, metadata: new Metadata() });
  }

  #status(): MessageWriter {
    if (this.statusAnswer) return this.statusAnswer;
    const message = new MessageWriter().message(1, this.header()).text(2, '3.4.0');
    return message.number(4, this.hasLeader ? 1 : 0).number(6, this.term);
  }
}

/** etcd's own words for what went wrong. */
export function etcdError(code: status, text: string): { readonly code: status; readonly details: string } {
  return { code, details: `etcdserver: ${text}` };
}

export const noLeader = etcdError(status.UNAVAILABLE, 'no leader');
export const lostAnswer = etcdError(status.UNAVAILABLE, 'request timed out');
