import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { InvalidArgumentError } from '@norikv/store';
import type { ServerTls } from './options.js';

const beginOfCertificate = /(?=-----BEGIN [A-Z0-9 ]*CERTIFICATE-----)/;

/** Keys and certificates as Node takes them. @throws InvalidArgumentError if they are none, or no pair. */
export function secureOptions({ cert, key, clientCa }: ServerTls): SecureContextOptions {
  try {
    const pair = { cert: Buffer.from(cert), key: Buffer.from(key) };
    const options = clientCa === undefined ? pair : { ...pair, ca: authorities(Buffer.from(clientCa)) };
    createSecureContext(options);
    return options;
  } catch (cause) {
    const text = `tls has a cert, key or clientCa that is no PEM text, or no pair: ${(cause as Error).message}`;
    throw new InvalidArgumentError(text, { cause });
  }
}

/** Node takes a file that breaks off, or has nothing in it, and then trusts fewer than it should, or nobody. */
function authorities(pem: Buffer): Buffer {
  const parts = pem.toString('latin1').split(beginOfCertificate);
  const certificates = parts.filter((part) => part.startsWith('-----BEGIN'));
  if (certificates.length === 0) throw new Error('clientCa has no certificate');
  for (const certificate of certificates) new X509Certificate(certificate);
  return pem;
}
