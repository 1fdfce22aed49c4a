import type { Pattern } from './run-suites.js';

/** What does not run, and why: suites by file, and single tests by name. */
export type LeftOut = Readonly<Partial<Record<Pattern, Readonly<Record<string, string>>>>>;

const noStore = 'calls no store';
const ownStore = 'plays on a simulated store of its own, with the processes of the simulation as its clients';
const processes = 'its processes share a folder of the embedded store';
const program = 'runs in a process of its own, on stores that its program opens';
const realTime = 'lets values expire after 100 ms of real time, which a loaded machine does not keep';
const contention =
  'measures fairness and cost over seconds of virtual time, in which nothing depends on the store';
const sabotage = 'breaks the pattern to show that the schedules notice, which they do whatever the store';
const manyCalls = 'makes thousands of calls one after the other';
const order = 'counts the calls of concurrent work, whose order a real network decides';

/** What runs on memory and embedded stores only. */
export const leftOutEverywhere: LeftOut = {
  'cas-retry': {
    'contention.test.ts': noStore,
    'transport.test.ts': noStore,
    'memory.test.ts': ownStore,
    'random-schedules.test.ts': ownStore,
    'share a hot key: 4 processes of 25 callers (seed 1)': contention,
    'share a hot key: 4 processes of 25 callers (seed 2)': contention,
    'share a hot key: 4 processes of 25 callers (seed 3)': contention,
    'share a hot key when there is nothing to combine: 16 processes of 1 caller': contention,
    'let a newcomer in: one caller beside a process that has won for long': contention,
    'that write rarely and in turn cost at most 1.05 of a plain get and put': contention,
    '2 %% of lost replies cost at most 4 %% more calls': contention,
  },
  counter: {
    'processes.test.ts': processes,
    'settled-shards.test.ts': contention,
  },
  inventory: {
    'names.test.ts': noStore,
    'persistent-map.test.ts': noStore,
    'refused-ids.test.ts': noStore,
    'transfer.test.ts': noStore,
    'processes.test.ts': processes,
  },
  lease: {
    'processes.test.ts': processes,
    'scenarios.test.ts': noStore,
    'lease-record.test.ts': noStore,
    'sightings.test.ts': noStore,
    'transitions.test.ts': noStore,
    'are the same for the same seed': sabotage,
    'unconditional put: two hold it, epochs repeat, stale writes get through': sabotage,
    'no epoch bump: epochs repeat, stale writes get through': sabotage,
    'negative margin: two hold it': sabotage,
  },
  session: {
    'cookie.test.ts': noStore,
    'json.test.ts': noStore,
    'session-transitions.test.ts': noStore,
    'stored-text.test.ts': noStore,
    'user-transitions.test.ts': noStore,
    'a store that ignores conditions': sabotage,
    'a reader that writes back what it read': sabotage,
    'the schedules notice a store that deletes where it should keep a tombstone': sabotage,
    'of logging out everywhere: as many round trips for 50 sessions as for one': order,
  },
  'rate-limit': {
    'client-address.test.ts': noStore,
    'noted.test.ts': noStore,
    'pending-answers.test.ts': noStore,
    'result.test.ts': noStore,
    'sliding-window.test.ts': noStore,
    'os-processes.test.ts': processes,
    'a limiter keeps nothing of who has been answered': manyCalls,
    'a store that ignores conditions': sabotage,
    'a grant without an answer of the store': sabotage,
    'a refund that is made twice': sabotage,
  },
  eventstore: {
    'checksum.test.ts': noStore,
    'pointer.test.ts': noStore,
    'control-counter-segments.test.ts': ownStore,
    'control-no-fence.test.ts': ownStore,
    'control-reused-token.test.ts': ownStore,
    'simulation.test.ts': ownStore,
    'finds everything through several levels of index pages': manyCalls,
    'of more streams than are remembered is made clean all the same': manyCalls,
    'is swept by its writers if nobody else does, so that the ledger stays small (publishSoon true)':
      manyCalls,
    'is swept by its writers if nobody else does, so that the ledger stays small (publishSoon false)':
      manyCalls,
  },
  cache: {
    'keys.test.ts': noStore,
    'record.test.ts': noStore,
    'bentocache-suite.test.ts': program,
    'keyv-suite.test.ts': realTime,
    'stale-fill.test.ts': program,
    'stampede.test.ts': processes,
  },
  tenancy: {
    'scoped-errors.test.ts': noStore,
    'conformance.test.ts': 'is the contract, which every store keeps in a conformance test of its own',
    'keyv-suite.test.ts': realTime,
  },
};
