import type { LeftOut } from '../../../testkit/test/pattern-suites/left-out.js';

const instant = 'looks in the very millisecond of an expiry, in which etcd still has the record';

/** What does not run on etcd, beside what runs on memory and embedded stores only. */
export const leftOut: LeftOut = {
  session: {
    'refuses a store without the guarantees, and records of others': 'needs a store that loses what it holds',
    'one that is behind does not keep a session alive that nobody uses': instant,
  },
  cache: {
    'serves a storage': instant,
    'leave the store by themselves, later than anything that carries them': instant,
    'ends values early where it is ahead, and never makes them younger than new where it is behind': instant,
  },
};
