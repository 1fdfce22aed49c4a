import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dial } from '../src/dial.js';

/** A connection that comes about when the test says so. */
class Attempt extends EventEmitter {
  readonly host: string;
  isDestroyed = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(host: string) {
    super();
    this.host = host;
  }

  setTimeout(ms: number, late?: () => void): void {
    clearTimeout(this.#patience);
    if (late) this.#patience = setTimeout(late, ms);
  }

  destroy(error?: Error): void {
    clearTimeout(this.#patience);
    this.isDestroyed = true;
    if (error) this.emit('error', error);
  }

  answer(): void {
    this.emit('connect');
  }

  refuse(): void {
    this.destroy(new Error(`refused by ${this.host}`));
  }
}

type Answered = (problem: Error | null, addresses?: readonly { readonly address: string }[]) => void;

const world = vi.hoisted(() => ({
  attempts: [] as Attempt[],
  lookups: [] as { readonly host: string; readonly answer: Answered }[],
}));

vi.mock('node:net', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:net')>()),
  connect({ host }: { readonly host: string }): Attempt {
    const attempt = new Attempt(host);
    world.attempts.push(attempt);
    return attempt;
  },
}));

vi.mock('node:dns', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:dns')>()),
  lookup(host: string, _options: object, answer: Answered): void {
    world.lookups.push({ host, answer });
  },
}));

beforeEach(() => {
  vi.useFakeTimers();
  world.attempts = [];
  world.lookups = [];
});
afterEach(() => {
  vi.useRealTimers();
});

const hosts = (): string[] => world.attempts.map(({ host }) => host);

/** Dials a name that has these addresses. */
function dialled(...addresses: readonly string[]): {
  readonly results: unknown[];
  readonly stop: () => void;
} {
  const results: unknown[] = [];
  const stop = dial('db.example:7447', (result: Socket | Error) => results.push(result));
  world.lookups.at(-1)?.answer(
    null,
    addresses.map((address) => ({ address })),
  );
  return { results, stop };
}

describe('a host with several addresses', () => {
  it('is reached at the next one when one does not answer', () => {
    const { results } = dialled('10.0.0.1', '10.0.0.2', '10.0.0.3');
    expect(hosts()).toEqual(['10.0.0.1']);
    vi.advanceTimersByTime(250);
    expect(hosts()).toEqual(['10.0.0.1', '10.0.0.2']);
    const [silent, answering] = world.attempts;
    answering?.answer();
    expect(results).toEqual([answering]);
    expect(silent?.isDestroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is reached at the first one if only that answers, however slowly', () => {
    const { results } = dialled('10.0.0.1', '10.0.0.2', '10.0.0.3');
    vi.advanceTimersByTime(3_000);
    expect(hosts()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    const [slow, ...silent] = world.attempts;
    slow?.answer();
    expect(results).toEqual([slow]);
    expect(slow?.isDestroyed).toBe(false);
    for (const attempt of silent) expect(attempt.isDestroyed).toBe(true);
  });

  it('is asked at the next one at once when one refuses, and fails when the last one has', () => {
    const { results } = dialled('10.0.0.1', '10.0.0.2', '10.0.0.3');
    world.attempts[0]?.refuse();
    vi.advanceTimersByTime(250);
    expect(hosts()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    world.attempts[2]?.refuse();
    expect(results).toEqual([]);
    world.attempts[1]?.refuse();
    expect(results).toEqual([new Error('refused by 10.0.0.2')]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('an address where nobody answers is given up after 4 s, and is looked up anew by whoever dials again', () => {
  const { results } = dialled('10.0.0.1');
  vi.advanceTimersByTime(3_999);
  expect(results).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(results).toEqual([new Error('no connection to 10.0.0.1 within 4000 ms')]);
  dialled('10.0.0.2');
  expect(world.lookups.map(({ host }) => host)).toEqual(['db.example', 'db.example']);
  expect(hosts()).toEqual(['10.0.0.1', '10.0.0.2']);
});

it('a connection that was made is left alone, whatever becomes of it', () => {
  const { results } = dialled('10.0.0.1', '10.0.0.2');
  const [attempt] = world.attempts;
  attempt?.answer();
  vi.advanceTimersByTime(60_000);
  expect(attempt?.isDestroyed).toBe(false);
  attempt?.refuse();
  expect(results).toEqual([attempt]);
  expect(hosts()).toEqual(['10.0.0.1']);
});

it('a host without an address is told', () => {
  const results: unknown[] = [];
  dial('nowhere.example:7447', (result) => results.push(result));
  world.lookups[0]?.answer(new Error('getaddrinfo ENOTFOUND nowhere.example'));
  expect(results).toEqual([new Error('getaddrinfo ENOTFOUND nowhere.example')]);
});

it('what is stopped leaves nothing behind and tells nobody', () => {
  const { results, stop } = dialled('10.0.0.1', '10.0.0.2', '10.0.0.3');
  vi.advanceTimersByTime(250);
  stop();
  for (const attempt of world.attempts) expect(attempt.isDestroyed).toBe(true);
  expect(world.attempts).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
  const stopEarly = dial('db.example:7447', (result: Socket | Error) => results.push(result));
  stopEarly();
  world.lookups.at(-1)?.answer(null, [{ address: '10.0.0.1' }]);
  expect(results).toEqual([]);
  expect(world.attempts).toHaveLength(2);
});
