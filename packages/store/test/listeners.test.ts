import { expect, it, vi } from 'vitest';
import { tell } from '../src/listeners.js';

it('a listener is told', () => {
  const listener = vi.fn();
  tell(listener, 'written');
  expect(listener).toHaveBeenCalledExactlyOnceWith('written');
  tell(undefined, 'written');
});

it('what a listener throws is its own, at once or later', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  try {
    const fault = new Error('the log is full');
    tell(() => {
      throw fault;
    }, 'written');
    tell(async () => {
      throw fault;
    }, 'written');
    // biome-ignore lint/suspicious/noThenProperty: promises of other libraries are told by it
    tell(() => ({ then: (_: unknown, fail: (reason: unknown) => void) => fail(fault) }), 'written');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});
