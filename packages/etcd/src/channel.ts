import { Channel, ChannelCredentials } from '@grpc/grpc-js';
import { InvalidArgumentError } from '@norikv/store';
import { checkNames, refuse } from '@norikv/store/checks';
import type { EtcdTlsOptions } from './options.js';

const longestMessage = 8 * 2 ** 20;
/** What a host may send before it hears that it was read: over a long way, so much goes through in a round trip. */
const windowBytes = 4 * 2 ** 20;

/** One connection to a host, made again by the library when it breaks. */
export function newChannel(
  address: string,
  credentials: ChannelCredentials,
  tls: EtcdTlsOptions | undefined,
): Channel {
  return new Channel(address, credentials, {
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.max_receive_message_length': longestMessage,
    'grpc.max_send_message_length': longestMessage,
    'grpc-node.flow_control_window': windowBytes,
    // This package is the one owner of retries and decides itself which connection is used.
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.service_config_disable_resolution': 1,
    ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  });
}

/** What a channel needs to prove who is at either end. */
export function channelCredentials(tls: EtcdTlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  if (typeof tls !== 'object' || tls === null) {
    refuse('tls', tls, "an object, {} for the machine's authorities");
  }
  checkNames('an option of tls', tls, ['ca', 'cert', 'key', 'serverName']);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new InvalidArgumentError('tls has only one of cert and key; pass both, or neither');
  }
  try {
    return ChannelCredentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
  } catch (cause) {
    throw new InvalidArgumentError('tls has a ca, cert or key that is no PEM text', { cause });
  }
}

function pem(input: string | Uint8Array | undefined): Buffer | null {
  return input === undefined ? null : Buffer.from(input);
}
