import type { Socket } from 'node:net';
import { Channel, ChannelCredentials } from '@grpc/grpc-js';
import type { Identity } from './tls.js';

const longestMessage = 8 * 2 ** 20;
/** What a host may send before it hears that it was read: over a long way, so much goes through in a round trip. */
const windowBytes = 4 * 2 ** 20;

/** What a channel asks and tells whenever it connects. */
export interface Connecting {
  identify(): Identity;
  connected(socket: Socket): void;
}

/** One connection to a host, made again by the library when it breaks. */
export function newChannel(address: string, connecting: Connecting): Channel {
  return new Channel(address, new EachConnection(connecting), {
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
  });
}

type MakeConnector = ChannelCredentials['_createSecureConnector'];

/** Credentials that are asked for with each connection. The library keeps those of the first. */
class EachConnection extends ChannelCredentials {
  readonly #connecting: Connecting;

  constructor(connecting: Connecting) {
    super();
    this.#connecting = connecting;
  }

  /* v8 ignore next -- the library asks nobody's but those it makes itself */
  override _isSecure(): boolean {
    return false;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    ...[target, options]: Parameters<MakeConnector>
  ): ReturnType<MakeConnector> {
    return {
      ...ChannelCredentials.createInsecure()._createSecureConnector(target, options),
      connect: async (socket) => {
        const { credentials, serverName } = this.#connecting.identify();
        this.#connecting.connected(socket);
        const named =
          serverName === undefined ? options : { ...options, 'grpc.ssl_target_name_override': serverName };
        return credentials._createSecureConnector(target, named).connect(socket);
      },
    };
  }
}
