import { answerFrame, type CallFrame, refusalFrame, startDeadline, status } from '@norikv/client/wire';
import type { Call } from './call.js';
import type { Guard } from './guard.js';
import { HeldBytes } from './held-bytes.js';
import { type Refusal, refusal } from './statuses.js';

/** The stream that a call came on. */
export interface Carrier {
  readonly guard: Guard;
  readonly peer: string;
  /** The refusal, if whoever opened it lacks the token that is needed by now. */
  authenticate(): Refusal | undefined;
  /** Sends the answer to a call, and tells the call when it was taken. */
  send(id: number, answer: Buffer, taken: () => void): void;
}

/** A call that came on an exchange. */
export class ExchangedCall implements Call {
  readonly held: HeldBytes;
  readonly #frame: CallFrame;
  readonly #carrier: Carrier;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isLate = false;

  constructor(frame: CallFrame, carrier: Carrier) {
    this.#frame = frame;
    this.#carrier = carrier;
    this.held = new HeldBytes(carrier.guard);
    this.#timer = startDeadline(frame.timeoutMs, () => this.#late())?.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isLate(): boolean {
    return this.#isLate;
  }

  get peer(): string {
    return this.#carrier.peer;
  }

  authenticate(): Refusal | undefined {
    return this.#carrier.authenticate();
  }

  read(done: (result: Buffer | Refusal) => void): void {
    const { message } = this.#frame;
    done(this.held.hold(message.length) ?? message);
  }

  end(message: Buffer): void {
    this.#answer(answerFrame(this.#frame.id, message));
  }

  refuse(problem: Refusal): void {
    this.#answer(refusalFrame(this.#frame.id, problem));
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    if (this.#end()) this.held.release();
    this.#controller.abort();
  }

  #answer(frame: Buffer): void {
    if (this.#end()) this.#carrier.send(this.#frame.id, frame, () => this.held.release());
  }

  #late(): void {
    this.#isLate = true;
    // It may be under way: that it changed nothing is not known.
    this.refuse({ ...refusal(status.DEADLINE_EXCEEDED, 'the deadline of the call is over'), trailers: {} });
    this.#controller.abort();
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    return true;
  }
}
