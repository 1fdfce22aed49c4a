export type { EtcdCredentials, EtcdCredentialsSource } from './credentials.js';
export { EtcdLeaseLostError, UnreadableRecordError } from './errors.js';
export type { EtcdStore } from './etcd-store.js';
export { openEtcd } from './open.js';
export type { EtcdOptions } from './options.js';
export type { EtcdTlsOptions, EtcdTlsSource } from './tls.js';
