import { checkOptions, refuse } from '@norikv/store/checks';

/** How the id travels. */
export interface CookieOptions {
  /** Default `__Host-id`, or `id` where `secure` is false or a domain is given. */
  readonly name?: string | undefined;
  /** Whether the cookie is for https only. Default true; browsers make an exception for localhost. */
  readonly secure?: boolean | undefined;
  /** Default `Lax`. */
  readonly sameSite?: 'Lax' | 'Strict' | 'None' | undefined;
  /** Default `/`. */
  readonly path?: string | undefined;
  /** Sends it to subdomains, too. Default: to this host only. */
  readonly domain?: string | undefined;
  /**
   * How long the browser keeps it, in milliseconds; the store decides how long it opens anything. Default: until
   * the browser is closed. If a sign-in chose another absolute time than the manager has, its cookie lasts that long
   * instead. Using a session does not prolong its cookie.
   */
  readonly maxAgeMs?: number | undefined;
}

/** Reads and writes one cookie. */
export interface CookieJar {
  /** The value in a `Cookie` header, if it is there exactly once. */
  read(header: string | null | undefined): string | undefined;
  /** A `Set-Cookie` header, for a time of its own if there is one. */
  write(value: string, ownMs?: number | null): string;
  /** A `Set-Cookie` header that removes it. */
  clear(): string;
}

const cookieOptions: readonly string[] = ['name', 'secure', 'sameSite', 'path', 'domain', 'maxAgeMs'];

/** @throws InvalidArgumentError naming the option that is wrong. */
export function cookieJar(options: CookieOptions = {}): CookieJar {
  checkOptions(options, cookieOptions, 'cookie');
  const { secure = true, sameSite = 'Lax', path = '/', domain, maxAgeMs } = options;
  const { name = secure && !domain && path === '/' ? '__Host-id' : 'id' } = options;
  check('name', name, /^[\w!#$%&'*+.^`|~-]{1,64}$/, '1 to 64 characters a cookie name may have');
  check('path', path, /^\/[\x21-\x3a\x3c-\x7e]*$/, 'a path that begins with "/"');
  check('domain', domain ?? 'none', /^[\w.-]+$/, 'a host name');
  check('sameSite', sameSite, /^(Lax|Strict|None)$/, "'Lax', 'Strict' or 'None'");
  if (sameSite === 'None' && !secure) refuse('sameSite', sameSite, "it with secure, or 'Lax'");
  if (/^__Host-/i.test(name) && (!secure || domain || path !== '/')) {
    refuse('name', name, 'that prefix with secure, the path "/" and without a domain, or browsers refuse it');
  }
  if (/^__Secure-/i.test(name) && !secure)
    refuse('name', name, 'that prefix with secure, or browsers refuse it');
  if (maxAgeMs !== undefined && !(Number.isSafeInteger(maxAgeMs) && maxAgeMs >= 1_000)) {
    refuse('maxAgeMs', maxAgeMs, 'whole milliseconds from 1000, or leave it out');
  }
  const attributes = [
    `Path=${path}`,
    'HttpOnly',
    ...(secure ? ['Secure'] : []),
    `SameSite=${sameSite}`,
    ...(domain ? [`Domain=${domain}`] : []),
  ].join('; ');
  const lasting = (ms: number | undefined): string =>
    ms === undefined ? '' : `; Max-Age=${Math.ceil(ms / 1_000)}`;
  return {
    read(header) {
      const pairs = (header ?? '').split(';').map((pair) => pair.trim());
      const [own, ...others] = pairs.filter((pair) => pair.startsWith(`${name}=`));
      return others.length === 0 ? own?.slice(name.length + 1) : undefined;
    },
    write: (value, ownMs) => `${name}=${value}; ${attributes}${lasting(ownMs ?? maxAgeMs)}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
  };
}

function check(option: string, value: string, pattern: RegExp, use: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) refuse(option, value, use);
}
