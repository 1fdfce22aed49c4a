import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { settingsOf } from '../src/config.js';
import { Link } from '../src/link.js';
import type { Identity } from '../src/tls.js';

interface Events {
  onUp(): void;
  onEnd(error: Error | undefined): void;
}

type Dialled = (result: Socket | Error) => void;

const world = vi.hoisted(() => ({
  dials: [] as Dialled[],
  sessions: [] as { isUp: boolean; readonly events: Events }[],
}));

vi.mock('../src/dial.js', () => ({
  dial(_address: string, done: Dialled): () => void {
    world.dials.push(done);
    return () => undefined;
  },
}));

vi.mock('../src/session.js', () => ({
  Session: class {
    isUp = true;
    readonly events: Events;

    constructor(_address: string, _way: Socket, _settings: object, events: Events) {
      this.events = events;
      world.sessions.push(this);
    }

    destroy(): void {
      this.isUp = false;
    }
  },
}));

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(world, { dials: [], sessions: [] });
});
afterEach(() => {
  vi.useRealTimers();
});

const refused = new Error('refused');
const socket = (): Socket => ({ destroy: vi.fn() }) as unknown as Socket;

function newLink(identify?: () => Identity): Link {
  const settings = settingsOf({ nodes: ['127.0.0.1:1'], random: () => 0.5 });
  return new Link('127.0.0.1:1', identify, settings, () => {});
}

/** Fails the attempt under way, and tells how long it takes until the next one begins. */
function pauseAfterFailure(): number {
  const before = world.dials.length;
  world.dials.at(-1)?.(refused);
  let pausedMs = 0;
  for (; world.dials.length === before && pausedMs < 10_000; pausedMs++) vi.advanceTimersByTime(1);
  return pausedMs;
}

it('connects again ever less often, and from the start once a connection has served', () => {
  const link = newLink();
  link.open();
  const pauses = Array.from({ length: 10 }, pauseAfterFailure);
  expect(pauses).toEqual([50, 80, 128, 204, 327, 524, 838, 1_342, 2_000, 2_000]);
  expect([link.isDown, link.failure]).toEqual([true, refused]);
  link.late();
  expect(pauseAfterFailure()).toBe(2_000);
  world.dials.at(-1)?.(socket());
  expect([link.isDown, link.session]).toEqual([true, world.sessions[0]]);
  link.proven();
  expect([link.isDown, link.failure]).toEqual([false, undefined]);
  world.sessions[0]?.events.onEnd(undefined);
  // Whoever needs it next connects, at once.
  expect([link.isDown, link.session, vi.getTimerCount()]).toEqual([false, undefined, 0]);
  link.open();
  expect(pauseAfterFailure()).toBe(50);
  link.close();
});

it('takes a connection that ends before it has served for an attempt that failed', () => {
  const link = newLink();
  for (const [pauseMs, error] of [
    [50, refused],
    [80, undefined],
  ] as const) {
    link.open();
    world.dials.at(-1)?.(socket());
    world.sessions.at(-1)?.events.onEnd(error);
    expect([link.isDown, link.failure]).toEqual([true, refused]);
    vi.advanceTimersByTime(pauseMs - 1);
    const before = world.dials.length;
    link.open();
    expect(world.dials).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(world.dials).toHaveLength(before + 1);
  }
  link.close();
});

it('lets go of a connection for which there are no keys', () => {
  const link = newLink(() => {
    throw refused;
  });
  link.open();
  const way = socket();
  world.dials[0]?.(way);
  expect(way.destroy).toHaveBeenCalledOnce();
  expect([link.isDown, link.failure]).toEqual([true, refused]);
  link.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('is down once somebody has waited in vain, until a connection serves', () => {
  const link = newLink();
  link.open();
  expect(link.isDown).toBe(false);
  link.late();
  expect(link.isDown).toBe(true);
  world.dials[0]?.(socket());
  expect(link.isDown).toBe(true);
  link.proven();
  expect(link.isDown).toBe(false);
});

it('says of a server that accepts connections and is silent that it does', () => {
  const link = newLink();
  link.open();
  world.dials[0]?.(socket());
  expect(link.failure).toBeUndefined();
  const [session] = world.sessions;
  if (session) session.isUp = false;
  expect(link.failure?.message).toContain('does not answer');
});
