import type { Socket } from 'node:net';
import { type Channel, connectivityState, status } from '@grpc/grpc-js';
import { type CancelTimer, type NoriKVError, systemClock } from '@norikv/store';
import { type Connecting, newChannel } from './channel.js';
import { type Inquiry, isLoginTrouble, isStatus } from './inquiry.js';
import { errorOfStatus } from './status-errors.js';
import type { Identity } from './tls.js';
import { type CallEnd, type Request, type RunningCall, startCall } from './unary-call.js';
import type { MemberStatus } from './wire/responses.js';

const quietMs = 1_000;
const restMs = 1_000;
const askAgainMs = 200;
// A question waits behind what was sent before it, and its answer behind what is received.
const slowestBytesPerMs = 200;
const longestSendingMs = 6_000;
/** HTTP/2 itself sends less meanwhile. */
const mostIdleBytes = 1_024;

/** What a host tells the cluster, and asks it. */
export interface HostEvents {
  /** A member has said who it is. Tells why it must not be used, if so. */
  refusal(member: MemberStatus): string | undefined;
  /** It became usable, or ceased to be. */
  changed(): void;
}

/**
 * One member: a connection, and an eye on whether it answers.
 *
 * A member that leaves calls unanswered for a while is asked for its status, which it can give without any
 * other member. If it stays silent, knows no leader or has a new one, all calls to it are given up.
 */
export class Host {
  readonly address: string;
  readonly #connecting: Connecting;
  readonly #events: HostEvents;
  /** When each call under way began. */
  readonly #calls = new Map<RunningCall, number>();
  readonly #inquiry: Inquiry;
  #channel: Channel;
  #socket: Socket | undefined;
  /** Of the calls under way. */
  #bytes = 0;
  #isAdmitted = false;
  #isClosed = false;
  #restsUntilMs = 0;
  #heardAtMs = 0;
  #term = 0n;
  #trouble = 'not connected yet';
  #refusal: NoriKVError | undefined;
  #cancelWatch: CancelTimer | undefined;
  #cancelPause: CancelTimer | undefined;
  #isProbing = false;

  constructor(address: string, identify: () => Identity, inquiry: Inquiry, events: HostEvents) {
    this.address = address;
    this.#connecting = {
      identify,
      connected: (socket) => {
        this.#socket = socket;
      },
    };
    this.#inquiry = inquiry;
    this.#events = events;
    this.#channel = newChannel(address, this.#connecting);
    this.#follow(this.#channel);
  }

  get isUsable(): boolean {
    return this.#isAdmitted && !this.#isClosed;
  }

  /** Whether other hosts should be tried first. */
  get isResting(): boolean {
    return systemClock.monotonic() < this.#restsUntilMs;
  }

  /** Why it is not usable. */
  get trouble(): string {
    return `${this.address}: ${this.#trouble}`;
  }

  /** Why nobody is served here, if it is the login: then waiting does not help. */
  get refusal(): NoriKVError | undefined {
    return this.#refusal;
  }

  /** Lets others be tried first for a while. */
  rest(): void {
    this.#restsUntilMs = systemClock.monotonic() + restMs;
  }

  /** Sends a request. It should be usable. */
  send(request: Request): RunningCall {
    const call = startCall(this.#channel, request);
    this.#calls.set(call, systemClock.monotonic());
    this.#bytes += request.bytes.length;
    void call.end.then((end) => {
      this.#calls.delete(call);
      this.#bytes -= request.bytes.length;
      this.#ended(end);
    });
    this.#cancelWatch ??= this.#watch();
    return call;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWatch?.();
    this.#cancelPause?.();
    this.#giveUp('the store is closed');
    this.#inquiry.close();
    this.#channel.close();
  }

  #ended({ status: { code } }: CallEnd): void {
    if (code === status.DEADLINE_EXCEEDED) void this.#probe();
    else if (code !== status.CANCELLED && code !== status.UNAVAILABLE) {
      this.#heardAtMs = systemClock.monotonic();
    }
    if (this.#calls.size > 0) return;
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
  }

  #watch(): CancelTimer {
    const startedAtMs = systemClock.monotonic();
    return systemClock.startTimer(() => {
      const nowMs = systemClock.monotonic();
      // A timer that comes late says that this process was busy, not that the host is.
      const isBusy = nowMs - startedAtMs > 2 * quietMs;
      const [oldestMs = nowMs] = this.#calls.values();
      if (!isBusy && nowMs - oldestMs >= quietMs) void this.#probe();
      this.#cancelWatch = this.#watch();
    }, quietMs);
  }

  async #probe(): Promise<void> {
    if (this.#isProbing || this.#isClosed) return;
    this.#isProbing = true;
    const channel = this.#channel;
    const startedAtMs = systemClock.monotonic();
    const receivedBytes = this.#receivedBytes;
    const sendingMs = Math.min(this.#bytes / slowestBytesPerMs, longestSendingMs);
    const member = await this.#ask(channel, sendingMs);
    this.#isProbing = false;
    if (channel !== this.#channel || this.#isClosed) return;
    if (member === undefined) {
      const isReceiving = this.#receivedBytes - receivedBytes > mostIdleBytes;
      if (this.#heardAtMs < startedAtMs && !isReceiving) this.#reconnect();
    } else if (!member.hasLeader) this.#giveUp('it knows no leader');
    else if (member.term !== this.#term) {
      // What an earlier leader was asked is lost as a rule, and the member would wait for it for many seconds.
      this.#term = member.term;
      this.#giveUp('there is a new leader');
    }
  }

  /** Ends every call under way as one whose connection broke. */
  #giveUp(why: string): void {
    this.#trouble = why;
    this.rest();
    for (const call of this.#calls.keys()) call.stop(status.UNAVAILABLE, `${this.address}: ${why}`);
  }

  #reconnect(): void {
    const silent = this.#channel;
    this.#isAdmitted = false;
    this.#giveUp('it does not answer');
    this.#channel = newChannel(this.address, this.#connecting);
    silent.close();
    this.#follow(this.#channel);
    this.#events.changed();
  }

  /** Connects, and connects again, until the channel is replaced. */
  #follow(channel: Channel): void {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) void this.#greet(channel);
    // The library tells why it cannot connect only to those who call.
    if (state === connectivityState.TRANSIENT_FAILURE) void this.#ask(channel);
    channel.watchConnectivityState(state, Infinity, () => {
      if (channel !== this.#channel || this.#isClosed) return;
      if (this.#isAdmitted) {
        this.#isAdmitted = false;
        this.#trouble = 'the connection broke';
        this.#events.changed();
      }
      this.#follow(channel);
    });
  }

  /** Asks a member who it is before anything else is sent to it. */
  async #greet(channel: Channel): Promise<void> {
    const isCurrent = (): boolean =>
      channel === this.#channel &&
      !this.#isClosed &&
      channel.getConnectivityState(false) === connectivityState.READY;
    while (isCurrent() && !this.#isAdmitted) {
      const member = await this.#ask(channel);
      if (!isCurrent()) return;
      const refusal = member && this.#events.refusal(member);
      if (member && refusal === undefined) {
        this.#term = member.term;
        this.#isAdmitted = true;
        this.#events.changed();
        return;
      }
      this.#trouble = refusal ?? this.#trouble;
      if (this.#refusal) this.#events.changed();
      await new Promise<void>((resolve) => {
        this.#cancelPause = systemClock.startTimer(resolve, askAgainMs);
      });
    }
  }

  get #receivedBytes(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  /** @param sendingMs - how long what was sent before may be on its way. */
  async #ask(channel: Channel, sendingMs = 0): Promise<MemberStatus | undefined> {
    const answer = await this.#inquiry.ask(channel, sendingMs);
    this.#refusal = undefined;
    if (!isStatus(answer)) return answer;
    this.#trouble = answer.details;
    if (isLoginTrouble(answer)) this.#refusal = errorOfStatus(answer, false);
    return undefined;
  }
}
