import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { InvalidArgumentError } from '@norikv/store';
import type { ServerTls } from './options.js';

const beginOfCertificate = /(?=-----BEGIN [A-Z0-9 ]*CERTIFICATE-----)/;

/** Keys and certificates as Node takes them. @throws InvalidArgumentError naming the one that is broken. */
export function secureOptions({ cert, key, clientCa }: ServerTls): SecureContextOptions {
  const chain = bytesOf(cert, 'tls.cert is not a PEM certificate', (bytes) => {
    createSecureContext({ cert: bytes });
  });
  const pair = {
    cert: chain,
    key: bytesOf(key, 'tls.key is not the PEM private key of tls.cert', (bytes) => {
      createSecureContext({ cert: chain, key: bytes });
    }),
  };
  if (clientCa === undefined) return pair;
  return { ...pair, ca: bytesOf(clientCa, 'tls.clientCa is not a PEM certificate', checkAuthorities) };
}

function bytesOf(given: string | Uint8Array, problem: string, check: (bytes: Buffer) => void): Buffer {
  try {
    const bytes = Buffer.from(given);
    check(bytes);
    return bytes;
  } catch (cause) {
    throw new InvalidArgumentError(`${problem}: ${(cause as Error).message}`, { cause });
  }
}

/** Node takes a file that breaks off, or has nothing in it, and then trusts fewer than it should, or nobody. */
function checkAuthorities(pem: Buffer): void {
  const parts = pem.toString('latin1').split(beginOfCertificate);
  const certificates = parts.filter((part) => part.startsWith('-----BEGIN'));
  if (certificates.length === 0) throw new Error('it has no certificate');
  for (const certificate of certificates) new X509Certificate(certificate);
}
