import { FakeClock } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Leases } from '../src/leases.js';

const skewMs = 1_000;
const dayMs = 86_400_000;

describe('leases', () => {
  it('outlive every record tied to them, by twice the skew', async () => {
    const ttls = fc.array(fc.integer({ min: 1, max: 30 * dayMs }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(ttls, fc.integer({ min: 0, max: 120_000 }), async (lifetimes, stepMs) => {
        const { clock, leases, endsAtMs } = setUp();
        for (const ttlMs of lifetimes) {
          const id = Number(await leases.leaseFor(ttlMs));
          expect(endsAtMs[id]).toBeGreaterThanOrEqual(clock.monotonic() + ttlMs + 2 * skewMs);
          await clock.advance(stepMs);
        }
      }),
    );
  });

  it('are few: records that end at about the same time share one', async () => {
    const { clock, leases, endsAtMs } = setUp();
    for (let call = 0; call < 600; call++) {
      await leases.leaseFor(1_000);
      await leases.leaseFor(dayMs);
      await clock.advance(1_000);
    }
    expect(endsAtMs.length).toBeLessThan(16);
  });

  it('are never asked for a longer time than etcd grants', async () => {
    const seconds: number[] = [];
    const leases = new Leases(new FakeClock(), skewMs, async (ttlSeconds) => {
      seconds.push(ttlSeconds);
      return 1n;
    });
    await leases.leaseFor(Number.MAX_SAFE_INTEGER);
    expect(seconds).toEqual([9_000_000_000]);
  });

  it('take at most 1,000 records each', async () => {
    const { leases, endsAtMs } = setUp();
    for (let call = 0; call < 2_001; call++) await leases.leaseFor(1_000);
    expect(endsAtMs).toHaveLength(3);
  });

  it('are not used again after the machine was suspended', async () => {
    const { clock, leases } = setUp();
    const before = await leases.leaseFor(dayMs);
    expect(await leases.leaseFor(dayMs)).toBe(before);
    clock.jumpWallClock(3_600_000);
    expect(await leases.leaseFor(dayMs)).not.toBe(before);
  });

  it('one that was not granted is asked for again', async () => {
    const clock = new FakeClock();
    const answers = [() => Promise.reject(new Error('no leader')), () => Promise.resolve(1n)];
    const leases = new Leases(clock, skewMs, () => answers.shift()?.() ?? Promise.resolve(2n));
    await expect(leases.leaseFor(1_000)).rejects.toThrow('no leader');
    expect(await leases.leaseFor(1_000)).toBe(1n);
  });
});

function setUp(): { clock: FakeClock; leases: Leases; endsAtMs: number[] } {
  const clock = new FakeClock();
  const endsAtMs: number[] = [];
  const leases = new Leases(clock, skewMs, async (ttlSeconds) => {
    endsAtMs.push(clock.monotonic() + ttlSeconds * 1_000);
    return BigInt(endsAtMs.length - 1);
  });
  return { clock, leases, endsAtMs };
}
