import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its private key, as PEM text. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority that signs certificates, made anew for each test run: no key is kept anywhere. */
export class Authority implements Certificate {
  readonly cert: string;
  readonly key: string;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    const { publicKey, privateKey } = newKeys();
    this.key = pemOf(privateKey);
    this.cert = signed({ subject: name, issuer: name, publicKey, signer: privateKey, isAuthority: true });
  }

  /** A certificate for a server or client on this machine, named `name` and 127.0.0.1. */
  issue(name: string): Certificate {
    const { publicKey, privateKey } = newKeys();
    const signer = createPrivateKey(this.key);
    const cert = signed({ subject: name, issuer: this.#name, publicKey, signer, isAuthority: false });
    return { cert, key: pemOf(privateKey) };
  }
}

interface Wish {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly isAuthority: boolean;
}

// The few parts of X.509 (RFC 5280) that a test certificate needs, in DER.
const ecdsaWithSha256 = sequence(oid([1, 2, 840, 10045, 4, 3, 2]));
const commonName = oid([2, 5, 4, 3]);
const basicConstraints = oid([2, 5, 29, 19]);
const subjectAltName = oid([2, 5, 29, 17]);

function signed({ subject, issuer, publicKey, signer, isAuthority }: Wish): string {
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const extensions = [
    sequence(basicConstraints, tag(0x04, sequence(...(isAuthority ? [tag(0x01, Buffer.from([0xff]))] : [])))),
    sequence(
      subjectAltName,
      tag(0x04, sequence(tag(0x82, Buffer.from(subject)), tag(0x87, Buffer.from([127, 0, 0, 1])))),
    ),
  ];
  const body = sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))),
    tag(0x02, serial),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(time(2020), time(2049)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tag(0xa3, sequence(...extensions)),
  );
  const signature = tag(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, signer)]));
  const text = sequence(body, ecdsaWithSha256, signature)
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function nameOf(name: string): Buffer {
  return sequence(tag(0x31, sequence(commonName, tag(0x0c, Buffer.from(name)))));
}

function time(year: number): Buffer {
  return tag(0x17, Buffer.from(`${String(year).slice(2)}0101000000Z`));
}

function oid([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const arcs = rest.flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tag(0x06, Buffer.from([first * 40 + second, ...arcs]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts));
}

function tag(number: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([number, ...size]), content]);
}
