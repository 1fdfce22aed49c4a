import { openEmbedded } from '@norikv/embedded';
import { NoriKVSessionStore } from '@norikv/session/express-session';
import { RedisStore } from 'connect-redis';
import type { SessionData, Store } from 'express-session';
import { createClient } from 'redis';
import { startRedis } from '../contenders/redis.js';
import type { Contenders } from '../loop-figures.js';
import { loopFigures } from '../loop-figures.js';
import { compare, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const browsers = 1_000;
const inFlight = 64;
const oneDayMs = 86_400_000;

/** What express-session asks of its store. */
interface Calls {
  readonly get: (sid: string) => Promise<SessionData | null | undefined>;
  readonly set: (sid: string, session: SessionData) => Promise<void>;
  readonly touch: (sid: string, session: SessionData) => Promise<void>;
  readonly destroy: (sid: string) => Promise<void>;
}

/**
 * What a site does with its sessions: a request that only looks, one that also keeps its session from being
 * idle, and a log-in with its log-out. Unless they say so, neither engine waits for the disk.
 */
export async function sessions(durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: `${folder.path}/os`, durability: 'os' });
  await using flushed = await openEmbedded({ path: `${folder.path}/flushed` });
  await using redis = await startRedis('none');
  await using flushedRedis = redis && (await startRedis('flushed'));
  const clients = await Promise.all([redis, flushedRedis].map((peer) => peer && clientOf(peer.port)));
  const [client, flushedClient] = clients;
  const stores: Readonly<Record<string, Calls>> = {
    'ours: NoriKVSessionStore, embedded': callsOf(
      new NoriKVSessionStore<SessionData>(store, { unsafeAllowNonAtomicCas: true }),
    ),
    ...(client && { 'connect-redis, Redis': callsOf(new RedisStore({ client })) }),
    'ours, embedded, flushed': callsOf(new NoriKVSessionStore<SessionData>(flushed)),
    ...(flushedClient && {
      'connect-redis, Redis, flushed': callsOf(new RedisStore({ client: flushedClient })),
    }),
  };
  try {
    const rows: Row[] = [];
    for (const { set } of Object.values(stores)) {
      await Promise.all(
        Array.from({ length: browsers }, (_, number) => set(`browser ${number}`, newSession())),
      );
    }
    for (const [section, operation] of Object.entries(operations())) {
      const contenders: Contenders = Object.fromEntries(
        Object.entries(stores).map(([name, calls]) => [name, () => operation(calls)]),
      );
      const figures = await loopFigures(contenders, inFlight, durationMs);
      rows.push(
        ...compare(`Sessions, ${section}, ${inFlight} in flight, one process`, 'per second', 'more', figures),
      );
    }
    return rows;
  } finally {
    for (const peer of clients) peer?.destroy();
  }
}

function operations(): Readonly<Record<string, (calls: Calls) => Promise<void>>> {
  let turn = 0;
  const next = (): number => {
    turn += 1;
    return turn;
  };
  return {
    async get({ get }) {
      await found(get, `browser ${next() % browsers}`);
    },
    async 'get and touch'({ get, touch }) {
      const sid = `browser ${next() % browsers}`;
      await touch(sid, await found(get, sid));
    },
    async 'set and destroy'({ set, destroy }) {
      const sid = `log-in ${next()}`;
      await set(sid, newSession());
      await destroy(sid);
    },
  };
}

async function found(get: Calls['get'], sid: string): Promise<SessionData> {
  const session = await get(sid);
  if (!session) throw new Error(`the session of ${sid} is gone`);
  return session;
}

function newSession(): SessionData {
  const cookie = { originalMaxAge: oneDayMs, expires: new Date(Date.now() + oneDayMs), path: '/' };
  return Object.assign({ cookie }, { email: 'alice@example.com', roles: ['user', 'admin'] });
}

function callsOf(store: Pick<Store, 'get' | 'set' | 'destroy' | 'touch'>): Calls {
  const touch = store.touch?.bind(store);
  return {
    get: (sid) => called((done) => store.get(sid, done)),
    set: (sid, session) => called((done) => store.set(sid, session, done)),
    touch: (sid, session) => new Promise((resolve) => touch?.(sid, session, resolve)),
    destroy: (sid) => called((done) => store.destroy(sid, done)),
  };
}

/** Some stores answer by a promise as well, which `promisify` of Node takes for a mistake. */
function called<Result>(call: (done: (error: unknown, result?: Result) => void) => unknown): Promise<Result> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result as Result)));
  });
}

async function clientOf(port: number): Promise<ReturnType<typeof createClient>> {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => {});
  await client.connect();
  return client;
}
