import { binary, emptyValue, limits } from './bytes.js';
import { cancelling } from './cancelling.js';
import { abaValues, concurrentCas, foreignVersions, resentPut, twoConditions } from './conditional-puts.js';
import { conditionsInCompany } from './conditions-in-company.js';
import {
  conditionalDelete,
  createAndDelete,
  createRace,
  plainDelete,
  zeroVersion,
} from './creates-and-deletes.js';
import { expiry, expiryAndConditions } from './expiry.js';
import type { Group } from './group.js';
import { linearizability, staleReads } from './histories.js';
import { idempotency } from './idempotency.js';
import { closing, honesty, manyCalls } from './lifecycle.js';
import { optionValues } from './option-values.js';
import { versionIdentity, wideVersions } from './versions.js';

/** Every group, by number. */
export const groups: readonly Group[] = [
  concurrentCas,
  foreignVersions,
  resentPut,
  createRace,
  createAndDelete,
  twoConditions,
  zeroVersion,
  conditionalDelete,
  plainDelete,
  versionIdentity,
  abaValues,
  expiry,
  expiryAndConditions,
  optionValues,
  idempotency,
  limits,
  binary,
  emptyValue,
  cancelling,
  {
    number: 20,
    name: 'faults of servers and connections',
    onlyProvided: 'no server to kill and no connection to break; see `provided`',
  },
  linearizability,
  staleReads,
  honesty,
  closing,
  manyCalls,
  {
    number: 26,
    name: 'hash vectors and shards',
    onlyProvided: 'no routing by hash; see `provided`',
  },
  {
    number: 27,
    name: 'bytes on the wire',
    onlyProvided: 'no wire; see `provided`',
  },
  wideVersions,
  conditionsInCompany,
];
