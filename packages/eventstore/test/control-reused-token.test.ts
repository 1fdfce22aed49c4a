import { expect, it, vi } from 'vitest';
import { firstFailure } from './simulation/failures.js';

vi.mock('../src/feed/token.js', () => ({ newToken: () => 'always the same' }));

it('a ledger token used again leaves events unpublished, and the simulator finds it', {
  timeout: 600_000,
}, async () => {
  expect(await firstFailure(40_000, true)).toMatch(/oracle: .* is published/);
});
