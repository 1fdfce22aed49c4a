export { defineConformance } from './conformance/define-conformance.js';
export type {
  ConformanceExpectations,
  ConformanceOptions,
  ConformanceTarget,
  ProvidedTest,
  TestFunction,
  TestRunner,
} from './conformance/options.js';
export { type CallCounts, type CountedStore, countCalls } from './count-calls.js';
export { type Exploration, type ExploreOptions, exploreSchedules } from './explore-schedules.js';
export { FakeClock, type FakeClockOptions, type ProcessClock } from './fake-clock.js';
export type { Fault, FaultCandidate, FaultRates, ScriptedOperation } from './fault-plan.js';
export {
  History,
  type HistoryAction,
  type HistoryEntry,
  type HistoryOperation,
  type HistoryResult,
  type HistoryWrite,
} from './history.js';
export type { Operation } from './in-flight.js';
export type { Latency } from './latency.js';
export { checkLinearizability, type LinearizabilityResult } from './linearizability.js';
export { type LyingServerOptions, type ServedOption, withLyingServer } from './lying-server.js';
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory-store.js';
export { createMemoryVectorStore, type MemoryVectorStore } from './memory-vectors.js';
export type { ScheduleFault } from './possible-steps.js';
export { type ClientRace, raceClients } from './race-clients.js';
export type { RaceProcess } from './race-process.js';
export { recordHistory } from './record-history.js';
export type { RaceEnd, RaceEnds, RaceProgram, ScheduleWorld } from './schedule-world.js';
export { seededRandom } from './seeded-random.js';
export {
  defineVectorConformance,
  type VectorConformanceOptions,
  type VectorConformanceTarget,
} from './vector-conformance/define-vector-conformance.js';
export { type FaultControl, type FaultOptions, type FaultyStore, withFaults } from './with-faults.js';
export type { AnyOptions } from './wrap-store.js';
