import { type Channel, connectivityState, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import type { Credentials } from './credentials.js';
import { anonymous, withToken } from './login.js';
import { errorOfStatus } from './status-errors.js';
import { type CallEnd, isOk, type Request, type RunningCall, startCall } from './unary-call.js';
import { methods } from './wire/methods.js';
import { encodeAuthenticate, encodeRange } from './wire/requests.js';
import { decodeRange, decodeStatus, type MemberStatus } from './wire/responses.js';

const patienceMs = 1_500;

/**
 * Asks a member who it is, and whether it knows a leader: it can tell without any other member.
 *
 * Where a cluster has logins, etcd from 3.5.28 on tells its status only to some of them. Then it is asked for a key
 * that is never there, with a login, as a read that needs no other member: the header of the answer says as much.
 */
export class Inquiry {
  readonly #credentials: Credentials | undefined;
  readonly #emptyKey: Uint8Array;
  readonly #questions = new Set<RunningCall>();
  #login: Metadata | undefined;

  constructor(credentials: Credentials | undefined, emptyKey: Uint8Array) {
    this.#credentials = credentials;
    this.#emptyKey = emptyKey;
  }

  /**
   * Who it is, or the status that says why it does not tell.
   *
   * @param sendingMs - how long a question may be on its way.
   */
  async ask(channel: Channel, sendingMs = 0): Promise<MemberStatus | StatusObject> {
    try {
      return await this.#ask(channel, patienceMs + sendingMs);
    } catch (cause) {
      // Nobody waits for a question who could be told, and it is asked again.
      const details = `it sent an answer that cannot be read (${cause})`;
      return { code: status.INTERNAL, details, metadata: new Metadata() };
    }
  }

  /** Gives up what was asked. */
  close(): void {
    for (const question of this.#questions) question.stop(status.CANCELLED, 'the store is closed');
  }

  async #ask(channel: Channel, timeoutMs: number): Promise<MemberStatus | StatusObject> {
    const question = { method: methods.status, bytes: Buffer.alloc(0), metadata: new Metadata(), timeoutMs };
    const said = await this.#send(channel, question);
    if (isOk(said)) return decodeStatus(said.message);
    if (!isLoginTrouble(said.status)) return said.status;
    const known = this.#login && (await this.#askWith(channel, this.#login, timeoutMs));
    if (known && !(isStatus(known) && isLoginTrouble(known))) return known;
    const login = await this.#logIn(channel, timeoutMs);
    if (isStatus(login)) return login;
    this.#login = login;
    return this.#askWith(channel, login, timeoutMs);
  }

  async #askWith(
    channel: Channel,
    metadata: Metadata,
    timeoutMs: number,
  ): Promise<MemberStatus | StatusObject> {
    const bytes = encodeRange(this.#emptyKey, true);
    const said = await this.#send(channel, { method: methods.range, bytes, metadata, timeoutMs });
    if (!isOk(said)) return said.status;
    const { clusterId, term } = decodeRange(said.message).header;
    // One that knows no leader refuses whoever asks like this.
    return { clusterId, term, hasLeader: true };
  }

  async #logIn(channel: Channel, timeoutMs: number): Promise<Metadata | StatusObject> {
    const metadata = anonymous();
    if (!this.#credentials) return metadata;
    const credentials = await this.#credentials.current().catch((error: Error) => error);
    if (credentials instanceof Error) {
      return { code: status.UNAUTHENTICATED, details: credentials.message, metadata };
    }
    // Who it was asked for may be gone.
    if (channel.getConnectivityState(false) === connectivityState.SHUTDOWN) {
      return { code: status.CANCELLED, details: 'the connection was closed', metadata };
    }
    const { username, password } = credentials;
    const bytes = encodeAuthenticate(username, password);
    const said = await this.#send(channel, { method: methods.authenticate, bytes, metadata, timeoutMs });
    if (!isOk(said)) {
      this.#credentials.refused(credentials, said.status);
      return said.status;
    }
    this.#credentials.accepted();
    return withToken(said.message);
  }

  async #send(channel: Channel, request: Request): Promise<CallEnd> {
    const question = startCall(channel, request);
    this.#questions.add(question);
    const end = await question.end;
    this.#questions.delete(question);
    return end;
  }
}

/** Whether a member refuses for the login, or for want of one. */
export function isLoginTrouble(ended: StatusObject): boolean {
  return errorOfStatus(ended, false).code === 'UNAUTHENTICATED';
}

/** Whether an answer is a status that says why not. */
export function isStatus(answer: MemberStatus | Metadata | StatusObject): answer is StatusObject {
  return 'details' in answer;
}
