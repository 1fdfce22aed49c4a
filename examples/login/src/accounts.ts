import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

interface Account {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const hashBytes = 32;

/** The accounts of both servers. A real application has them in its database. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  /** Checked for names that nobody has, so that they take as long. */
  readonly #nobody: Account = { salt: randomBytes(16), hash: randomBytes(hashBytes) };

  async add(name: string, password: string): Promise<void> {
    const salt = randomBytes(16);
    this.#accounts.set(name, { salt, hash: await derive(password, salt, hashBytes) });
  }

  async isRight(name: string, password: string): Promise<boolean> {
    const { salt, hash } = this.#accounts.get(name) ?? this.#nobody;
    return timingSafeEqual(await derive(password, salt, hashBytes), hash);
  }
}
