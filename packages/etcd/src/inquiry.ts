import { type Channel, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { anonymous } from './login.js';
import type { EtcdCredentials } from './options.js';
import { errorOfStatus } from './status-errors.js';
import { type CallEnd, isOk, type RunningCall, startCall } from './unary-call.js';
import { type Method, methods } from './wire/methods.js';
import { encodeAuthenticate, encodeRange } from './wire/requests.js';
import { decodeAuthenticate, decodeRange, decodeStatus, type MemberStatus } from './wire/responses.js';

const timeoutMs = 1_500;

/**
 * Asks a member who it is, and whether it knows a leader: it can tell without any other member.
 *
 * Where a cluster has logins, etcd from 3.5.28 on tells its status only to some of them. Then the member is asked
 * for a key that is never there, with a login and without the others: the header of the answer says as much.
 */
export class Inquiry {
  readonly #credentials: EtcdCredentials | undefined;
  readonly #emptyKey: Uint8Array;
  readonly #questions = new Set<RunningCall>();
  #login: Metadata | undefined;

  constructor(credentials: EtcdCredentials | undefined, emptyKey: Uint8Array) {
    this.#credentials = credentials;
    this.#emptyKey = emptyKey;
  }

  /** Who it is, or the status that says why it does not tell. */
  async ask(channel: Channel): Promise<MemberStatus | StatusObject> {
    const said = await this.#send(channel, methods.status, Buffer.alloc(0), new Metadata());
    if (isOk(said)) return decodeStatus(said.message);
    if (!isLoginTrouble(said.status)) return said.status;
    const known = this.#login && (await this.#askWith(channel, this.#login));
    if (known && !(isStatus(known) && isLoginTrouble(known))) return known;
    const login = await this.#logIn(channel);
    if (isStatus(login)) return login;
    this.#login = login;
    return this.#askWith(channel, login);
  }

  /** Gives up what was asked. */
  close(): void {
    for (const question of this.#questions) question.stop(status.CANCELLED, 'the store is closed');
  }

  async #askWith(channel: Channel, login: Metadata): Promise<MemberStatus | StatusObject> {
    const said = await this.#send(channel, methods.range, encodeRange(this.#emptyKey, true), login);
    if (!isOk(said)) return said.status;
    const { clusterId, term } = decodeRange(said.message).header;
    // One that knows no leader refuses whoever asks like this.
    return { clusterId, term, hasLeader: true };
  }

  async #logIn(channel: Channel): Promise<Metadata | StatusObject> {
    const login = anonymous();
    if (!this.#credentials) return login;
    const { username, password } = this.#credentials;
    const bytes = encodeAuthenticate(username, password);
    const said = await this.#send(channel, methods.authenticate, bytes, anonymous());
    if (!isOk(said)) return said.status;
    login.set('token', decodeAuthenticate(said.message));
    return login;
  }

  async #send(channel: Channel, method: Method, bytes: Buffer, metadata: Metadata): Promise<CallEnd> {
    const question = startCall(channel, { method, bytes, metadata, timeoutMs });
    this.#questions.add(question);
    const end = await question.end;
    this.#questions.delete(question);
    return end;
  }
}

/** Whether a member refuses whom it takes somebody for. */
export function isLoginTrouble(ended: StatusObject): boolean {
  return errorOfStatus(ended, false).code === 'UNAUTHENTICATED';
}

/** Tells a status that is not OK from what was asked for. */
export function isStatus(answer: MemberStatus | Metadata | StatusObject): answer is StatusObject {
  return 'details' in answer;
}
