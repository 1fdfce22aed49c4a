import { errorCode } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { type EtcdOptions, openEtcd } from '../src/index.js';

const hosts = '127.0.0.1:2379';
const login = { username: 'a', password: 'b' };

describe('options of openEtcd', () => {
  const wrong: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
    ['hosts', { hosts: [] }],
    ['hosts', { hosts: undefined }],
    ['hosts', { hosts: ['127.0.0.1'] }],
    ['hosts', { hosts: [2379] }],
    ['hosts is "https://db:2379"; use tls as well', { hosts: ['https://db:2379'] }],
    ['hosts is "http://db:2379"; use https:// where', { hosts: ['http://db:2379'], tls: {} }],
    ['prefix', { hosts, prefix: 'a\0b' }],
    ['prefix', { hosts, prefix: 'x'.repeat(257) }],
    ['prefix', { hosts, prefix: 7 }],
    ['credentials', { hosts, credentials: { username: 'user' } }],
    ['tls', { hosts, tls: null }],
    ['tls', { hosts, tls: true }],
    ['tls', { hosts, tls: { cert: 'text' } }],
    ['ca has no certificate', { hosts, tls: { ca: '/etc/ssl/ca.pem' } }],
    ['ca has no certificate', { hosts, tls: { ca: '' } }],
    ['tls', { hosts, tls: { cert: 'text', key: 'text' } }],
    ['an option of tls is "servername"; use ca, ', { hosts, tls: { servername: 'a' } }],
    ['an option is "timeout"; use hosts, ', { hosts, timeout: 5 }],
    ['an option of credentials is "user"', { hosts, credentials: { ...login, user: 'a' } }],
    ['credentials would travel to db:2379 without TLS', { hosts: [hosts, 'db:2379'], credentials: login }],
    ['unsafeAllowPasswordWithoutTls', { hosts, unsafeAllowPasswordWithoutTls: 'false' }],
    ['timeoutMs', { hosts, timeoutMs: 0 }],
    ['maxClockSkewMs', { hosts, maxClockSkewMs: -1 }],
    ['idempotencyRetentionMs', { hosts, idempotencyRetentionMs: 0.5 }],
    ['maxInFlight', { hosts, maxInFlight: 0 }],
    ['maxPendingBytes', { hosts, maxPendingBytes: Number.NaN }],
  ];
  it.each(wrong)('a wrong %s is named: %j', async (name, options) => {
    const error: unknown = await openEtcd(options as unknown as EtcdOptions).catch(
      (caught: unknown) => caught,
    );
    expect(errorCode(error)).toBe('INVALID_ARGUMENT');
    expect(String(error)).toContain(name);
  });

  it.each(['etcd://root:secret@10.0.0.1:2379', 'root:secret@10.0.0.1'])(
    'a login in hosts is refused and not repeated',
    async (host) => {
      const error: unknown = await openEtcd({ hosts: [host], timeoutMs: 100 }).catch(
        (caught: unknown) => caught,
      );
      expect(errorCode(error)).toBe('INVALID_ARGUMENT');
      expect(String(error)).toContain('pass it as credentials');
      expect(String(error)).not.toContain('secret');
    },
  );

  it('tls that is the text of a key is refused and not repeated', async () => {
    const error: unknown = await openEtcd({ hosts, tls: 'secret' as never }).catch(
      (caught: unknown) => caught,
    );
    expect(String(error)).toContain('tls is of type string');
    expect(String(error)).not.toContain('secret');
  });

  it.each([
    { hosts: 'localhost:1' },
    { hosts: '[::1]:1' },
    { hosts: 'db.invalid:1', tls: {} },
    { hosts: 'db.invalid:1', unsafeAllowPasswordWithoutTls: true },
  ])('a password may travel: %j', async (options) => {
    const opening = openEtcd({ ...options, credentials: login, timeoutMs: 50 });
    await expect(opening).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});
