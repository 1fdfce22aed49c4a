import {
  errorCode,
  find,
  InvalidArgumentError,
  type KvStore,
  type PutOptions,
  type Version,
} from '@norikv/store';
import { checkFunction, checkOptions, checkWhole, draw } from '@norikv/store/checks';
import { History } from './history.js';
import { recordHistory } from './record-history.js';

/** How {@link raceClients} runs. */
export interface ClientRace {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly keys: readonly string[];
  /** Default 8. */
  readonly clients?: number | undefined;
  /** Default 12. */
  readonly operationsPerClient?: number | undefined;
}

const optionNames: readonly (keyof ClientRace)[] = ['random', 'keys', 'clients', 'operationsPerClient'];

/**
 * Lets clients race on a few keys with every kind of call, spread over the handles, and records what they are
 * told: a history to check. Every value is written once. Errors with a code become part of the record.
 *
 * @throws whatever a call throws that is no error of a store, and InvalidArgumentError for a wrong option, and without
 * handle, key, client or operation.
 */
export async function raceClients(handles: readonly KvStore[], race: ClientRace): Promise<History> {
  const { random, keys, clients = 8, operationsPerClient = 12 } = checkOptions(race, optionNames);
  checkFunction('random', random);
  checkWhole('clients', clients);
  checkWhole('operationsPerClient', operationsPerClient);
  const history = new History();
  let writes = 0;
  const run = async (handle: KvStore, name: string): Promise<void> => {
    const client = recordHistory(handle, history, name);
    const known = new Map<string, Version>();
    for (let turn = 0; turn < operationsPerClient; turn++) {
      const key = pick('keys', keys, draw(random));
      const chance = draw(random);
      try {
        await randomCall(client, key, `${++writes}`, chance, known);
      } catch (error) {
        if (errorCode(error) === undefined) throw error;
      }
    }
  };
  await Promise.all(
    Array.from({ length: clients }, (_, place) =>
      run(pick('handles', handles, place / clients), `client ${place + 1}`),
    ),
  );
  return history;
}

function pick<T>(name: string, choices: readonly T[], chance: number): T {
  const [choice] = choices.slice(Math.floor(chance * choices.length));
  if (choice === undefined) throw new InvalidArgumentError(`${name} is empty; give at least one`);
  return choice;
}

async function randomCall(
  client: KvStore,
  key: string,
  value: string,
  chance: number,
  known: Map<string, Version>,
): Promise<void> {
  const version = known.get(key);
  const put = async (options: PutOptions): Promise<void> => {
    known.set(key, await client.put(key, value, options));
  };
  if (chance < 0.35) {
    const entry = chance < 0.15 ? await find(client, key) : await client.get(key);
    if (entry !== null) known.set(key, entry.version);
  } else if (chance < 0.45) await put({});
  else if (chance < 0.55) await put({ ifNotExists: true });
  else if (chance < 0.6) await client.delete(key);
  else if (chance < 0.7) await client.delete(key, { ifMatchVersion: version });
  else await put(version ? { ifMatchVersion: version } : { ifNotExists: true });
}
