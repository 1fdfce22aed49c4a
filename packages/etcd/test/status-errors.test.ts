import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { errorOfStatus } from '../src/status-errors.js';

describe('errors of etcd, for a write', () => {
  it.each([
    [status.UNAVAILABLE, 'etcdserver: no leader', 'UNAVAILABLE', 'not-applied'],
    [status.UNAVAILABLE, 'etcdserver: rpc not supported for learner', 'UNAVAILABLE', 'not-applied'],
    [status.UNAVAILABLE, 'etcdserver: leader changed', 'UNAVAILABLE', 'unknown'],
    [status.UNAVAILABLE, 'etcdserver: request timed out', 'UNAVAILABLE', 'unknown'],
    [status.UNKNOWN, 'context deadline exceeded', 'UNAVAILABLE', 'unknown'],
    [status.UNKNOWN, 'context canceled', 'UNAVAILABLE', 'unknown'],
    [status.UNKNOWN, 'something else', 'INTERNAL', 'unknown'],
    [status.UNAVAILABLE, '127.0.0.1:2379: knows no leader', 'UNAVAILABLE', 'unknown'],
    [status.CANCELLED, 'by a proxy', 'UNAVAILABLE', 'unknown'],
    [status.DEADLINE_EXCEEDED, 'by a proxy', 'UNAVAILABLE', 'unknown'],
    [status.RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded', 'RESOURCE_EXHAUSTED', 'unknown'],
    [status.RESOURCE_EXHAUSTED, 'etcdserver: too many requests', 'RESOURCE_EXHAUSTED', 'not-applied'],
    [status.RESOURCE_EXHAUSTED, 'message larger than max', 'RESOURCE_EXHAUSTED', 'unknown'],
    [status.INVALID_ARGUMENT, 'etcdserver: request is too large', 'INVALID_ARGUMENT', 'not-applied'],
    [status.NOT_FOUND, 'etcdserver: requested lease not found', 'ETCD_LEASE_LOST', 'not-applied'],
    [status.UNAUTHENTICATED, 'etcdserver: invalid auth token', 'UNAUTHENTICATED', 'not-applied'],
    [status.INVALID_ARGUMENT, 'etcdserver: user name is empty', 'UNAUTHENTICATED', 'not-applied'],
    [
      status.FAILED_PRECONDITION,
      'etcdserver: authentication is not enabled',
      'UNAUTHENTICATED',
      'not-applied',
    ],
    [status.PERMISSION_DENIED, 'etcdserver: permission denied', 'UNAUTHENTICATED', 'not-applied'],
    [status.PERMISSION_DENIED, 'by a proxy', 'UNAUTHENTICATED', 'not-applied'],
    [status.UNIMPLEMENTED, 'unknown service', 'UNSUPPORTED', 'not-applied'],
    [status.INTERNAL, '', 'INTERNAL', 'unknown'],
  ])('%i %s is %s, %s', (code, details, expected, outcome) => {
    const ended = { code, details, metadata: new Metadata() };
    const error = errorOfStatus(ended, true, 'key');
    expect(error).toMatchObject({ code: expected, outcome, key: 'key' });
    expect(errorOfStatus(ended, false).outcome).toBe('not-applied');
  });

  it('a code without words or name is told as it is', () => {
    const ended = { code: 99 as status, details: '', metadata: new Metadata() };
    expect(errorOfStatus(ended, false).message).toContain('status 99');
  });
});
