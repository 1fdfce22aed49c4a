import { openEmbedded } from '../../src/index.js';

// Writes from 64 loops at once and exits at some moment of it.

const store = await openEmbedded({ path: process.argv[2] ?? '' });
for (let loop = 0; loop < 64; loop++) {
  void (async () => {
    for (let written = 1; ; written++) await store.put(`key-${loop}`, String(written));
  })();
}
setTimeout(() => process.exit(3), 50 + Math.random() * 20);
