/** The calls of etcd's gRPC API that are used. */
export const methods = {
  range: '/etcdserverpb.KV/Range',
  transaction: '/etcdserverpb.KV/Txn',
  grantLease: '/etcdserverpb.Lease/LeaseGrant',
  authenticate: '/etcdserverpb.Auth/Authenticate',
  status: '/etcdserverpb.Maintenance/Status',
} as const;

/** The path of a call. */
export type Method = (typeof methods)[keyof typeof methods];
