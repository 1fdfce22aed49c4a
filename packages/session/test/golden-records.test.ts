import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { betterAuthStorage } from '../src/better-auth.js';
import { NoriKVFastifySessionStore } from '../src/fastify-session.js';
import { SessionManager } from '../src/index.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  'better-auth:N_-QG5XiOhU5SCk_bZlH5oMm1lU3FhZljdUkkwPPaF4':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"value":"[{\\"token\\":\\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\\",\\"expiresAt\\":1735689660000}]","expiresAt":1735689660000}',
  'better-auth:SPtxdj2XtUt1KqF2lJd9H4fHcHQV8lq2OsLqJJU0euY':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"value":"text"}',
  'better-auth:W5NSjPYiJYbSgHXll3eG4Q60kG8KB1Fc_5EMvUj2iEs':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"value":"text","expiresAt":1735689660000}',
  'better-auth:bDVJOiuTeCnJgVw54jr5ZLyE5UMKfcEExwC7wN4rWeM':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"value":"1","expiresAt":1735689660000}',
  'better-auth:eErQXp16aurKcMCswi1l0U2du8OD7kQqPhVIS_ellOY':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"expiresAt":1735689900000}',
  'session:id:SociV5WTVN1KkhU-Y6lsRzJU5x6TY_eRtQl_9cyrDx8':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"kind":"ended","endedAt":1735689600000}',
  'session:id:T2o7tabHLReFa-FfYudH74jfgTnww4QRyFARZMHBvdg':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"kind":"live","userId":"ada","createdAt":1735689600000,"lastSeenAt":1735689600000,"idleMs":3600000,"expiresAt":1735732800000,"data":{}}',
  'session:id:bB1ju9q0N8VDaMu9iIaohqea2XcpfiZe6_H19fAVM7k':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"kind":"live","userId":"ada","createdAt":1735689600000,"lastSeenAt":1735689600000,"idleMs":3600000,"expiresAt":1735732800000,"data":{"cart":["shoes"]}}',
  'session:id:g77gcvvTQj90gfwWOCFjatjPtz-u8N0FgfOXnqDHMbk':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"kind":"ended","endedAt":1735689600000,"replacedBy":"T2o7tabHLReFa-FfYudH74jfgTnww4QRyFARZMHBvdg","followUntil":1735689630000}',
  'session:id:iU41LR2MwQwwPfj9RaWe6XswhBvb9gtH-jF8f6TJWFk':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"kind":"ended","endedAt":1735689600000}',
  'session:user:_e5DDUC9V97qwYbNl5ADPQ8G-QmogG585ucXq3x9UCk':
    'norikv:1 {"w":[["00000001000040008000",6]]}\n{"generation":0,"sessions":[{"key":"bB1ju9q0N8VDaMu9iIaohqea2XcpfiZe6_H19fAVM7k","handle":"bB1ju9q0N8VDaMu9iIaohqea2XcpfiZe6_H19fAVM7k","createdAt":1735689600000,"expiresAt":1735732800000,"namedAt":1735689600000},{"key":"T2o7tabHLReFa-FfYudH74jfgTnww4QRyFARZMHBvdg","handle":"g77gcvvTQj90gfwWOCFjatjPtz-u8N0FgfOXnqDHMbk","createdAt":1735689600000,"expiresAt":1735732800000,"namedAt":1735689600000}]}',
  'session:user:hSYq33RRi7twx8uUzWFZ2RZp5age3x7-vVQ-rb2p-is':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"generation":1735689600000,"sessions":[]}',
  'web:id:NLNkVMqy54QsOJ99iOy33yeeORjLrAeXDUzeSW5w9Mg':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"kind":"live","createdAt":1735689600000,"lastSeenAt":1735689600000,"expiresAt":1735776000000,"idleMs":60000,"data":{"cookie":{"originalMaxAge":60000}}}',
};

const capabilities = { durableAck: true };
/** The session ids of a run: 32 times the same byte. */
const idOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64url');
const token = 'T'.repeat(32);
const list = 'active-sessions-ada';

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const options = { clock };
  const left = recordsLeftBy(createMemoryStore({ clock, capabilities }), async (store) => {
    const sessions = new SessionManager<object>(store, 3_600_000, options);
    await sessions.create('ada', { cart: ['shoes'] });
    const moved = await sessions.create('ada', {});
    await sessions.regenerate(moved, { overlapMs: 30_000 });
    await sessions.destroy(await sessions.create('ada', {}));
    await sessions.create('eve', {});
    await sessions.revokeAll('eve');
    const web = new NoriKVFastifySessionStore(store, { ...options, prefix: 'web' });
    await new Promise((saved) => web.set('sid', { cookie: { originalMaxAge: 60_000 } } as never, saved));
    const storage = betterAuthStorage(store, options);
    await storage.set('lasting', 'text');
    await storage.set('fleeting', 'text', 60);
    await storage.increment('count', 60);
    await storage.set(token, 'session', 60);
    await storage.delete(token);
    await storage.set(list, `[{"token":"${'A'.repeat(32)}","expiresAt":${clock.now() + 60_000}}]`);
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock, capabilities });
  await putRecords(store, golden);
  const sessions = new SessionManager<object>(store, 3_600_000, { clock });
  expect(await sessions.get(idOf(2))).toMatchObject({
    userId: 'ada',
    cart: ['shoes'],
    createdAt: clock.now(),
  });
  expect(await sessions.get(idOf(3))).toMatchObject({ userId: 'ada' });
  expect(await sessions.get(idOf(4))).toMatchObject({ userId: 'ada' });
  expect(await sessions.get(idOf(5))).toBeNull();
  expect(await sessions.get(idOf(6))).toBeNull();
  expect(await sessions.list('ada')).toHaveLength(2);
  expect(await sessions.generation('eve')).toBe(clock.now());
  const web = new NoriKVFastifySessionStore(store, { clock, prefix: 'web' });
  const saved = await new Promise((resolve) => web.get('sid', (_error, session) => resolve(session)));
  expect(saved).toEqual({ cookie: { originalMaxAge: 60_000 } });
  const storage = betterAuthStorage(store, { clock });
  expect(await storage.get('lasting')).toBe('text');
  expect(await storage.get('fleeting')).toBe('text');
  expect(await storage.increment('count', 60)).toBe(2);
  await storage.set(token, 'session', 60);
  expect(await storage.get(token)).toBeNull();
  expect(JSON.parse((await storage.get(list)) ?? '')).toMatchObject([{ token: 'A'.repeat(32) }]);
});

it.each([
  ['session:id:bB1ju9q0N8VDaMu9iIaohqea2XcpfiZe6_H19fAVM7k', '{"v":2,"session":{}}'],
  ['session:id:bB1ju9q0N8VDaMu9iIaohqea2XcpfiZe6_H19fAVM7k', '{"kind":"frozen","endedAt":1735689600000}'],
  ['session:user:_e5DDUC9V97qwYbNl5ADPQ8G-QmogG585ucXq3x9UCk', '{"v":2,"sessions":[]}'],
])('a record of a newer version under %s is refused and left as it is: %s', async (key, state) => {
  const newer = { [key]: `norikv:1 {"w":[]}\n${state}` };
  const clock = new FakeClock();
  const store = createMemoryStore({ clock, capabilities });
  await putRecords(store, { ...golden, ...newer });
  const sessions = new SessionManager<object>(store, 3_600_000, { clock });
  const corrupt = { code: 'CORRUPT_RECORD' };
  await expect(sessions.get(idOf(2))).rejects.toMatchObject(corrupt);
  await expect(sessions.update(idOf(2), (session) => session)).rejects.toMatchObject(corrupt);
  expect(await recordsAt(store, [key])).toEqual(newer);
});

it('a text of a newer version is no tombstone: it is refused and left as it is', async () => {
  const newer = {
    'better-auth:SPtxdj2XtUt1KqF2lJd9H4fHcHQV8lq2OsLqJJU0euY': 'norikv:1 {"w":[]}\n{"v":2,"text":"text"}',
  };
  const store = createMemoryStore({ capabilities });
  await putRecords(store, newer);
  const storage = betterAuthStorage(store);
  await expect(storage.get('lasting')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  await expect(storage.set('lasting', 'later')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  expect(await recordsAt(store, Object.keys(newer))).toEqual(newer);
});
