import { Channel, ChannelCredentials, Metadata, type StatusObject } from '@grpc/grpc-js';

/** How a call sent past the client ended. */
export interface RawEnd {
  readonly status: StatusObject;
  readonly messages: Buffer[];
}

/** Sends bytes to a method, as a client could that checks nothing. */
export async function rawCall(
  address: string,
  path: string,
  body: Buffer,
  headers: Readonly<Record<string, string>> = {},
  timeoutMs = 10_000,
): Promise<RawEnd> {
  const channel = new Channel(address, ChannelCredentials.createInsecure(), {});
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  try {
    return await new Promise((resolve) => {
      const messages: Buffer[] = [];
      const call = channel.createCall(path, Date.now() + timeoutMs, null, null, null);
      call.start(metadata, {
        onReceiveMetadata: () => {},
        onReceiveMessage: (message: Buffer) => {
          messages.push(message);
          call.startRead();
        },
        onReceiveStatus: (status) => resolve({ status, messages }),
      });
      call.startRead();
      call.sendMessageWithContext({}, body);
      call.halfClose();
    });
  } finally {
    channel.close();
  }
}
