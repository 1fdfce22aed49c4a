import { describe, expect, it } from 'vitest';
import { cookieJar } from '../src/cookie.js';

describe('the cookie', () => {
  it('is for this host, for https, and not for scripts or other sites', () => {
    const jar = cookieJar();
    expect(jar.write('value')).toBe('__Host-id=value; Path=/; HttpOnly; Secure; SameSite=Lax');
    expect(jar.clear()).toBe('__Host-id=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0');
  });

  it('can be changed', () => {
    const jar = cookieJar({
      secure: false,
      sameSite: 'Strict',
      path: '/app',
      domain: 'example.com',
      maxAgeMs: 5_500,
    });
    expect(jar.write('value')).toBe(
      'id=value; Path=/app; HttpOnly; SameSite=Strict; Domain=example.com; Max-Age=6',
    );
    expect(cookieJar({ path: '/app' }).clear()).toMatch(/^id=; Path=\/app; /);
    expect(cookieJar({ name: 'a__Host-', path: '/app', maxAgeMs: 1_000 }).write('a')).toMatch(
      /^a__Host-=a; .*Max-Age=1$/,
    );
    expect(cookieJar({ name: 'a__Secure-', secure: false }).write('a')).toMatch(/^a__Secure-=a; /);
    expect(cookieJar({ secure: false }).clear()).toMatch(/^id=; /);
    expect(cookieJar({ name: 'sid', sameSite: 'None' }).write('a')).toMatch(
      /^sid=a; .*Secure; SameSite=None$/,
    );
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['id=a', 'a'],
    ['x=1; id=a;y=2', 'a'],
    ['x=1;id=a', 'a'],
    ['x=1 ; id=a ; y=2', 'a'],
    ['x=1;\tid=a', 'a'],
    ['id=a;\tid=b', undefined],
    ['id=', ''],
    ['id=a=b', 'a=b'],
    ['xid=a', undefined],
    ['id=a; id=b', undefined],
  ])('in the header %o is %o: two of a name are none, whoever planted one', (header, value) => {
    expect(cookieJar({ name: 'id' }).read(header)).toBe(value);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'a b' }, 'name'],
    [{ name: 'a;b' }, 'name'],
    [{ name: '__Host-id', secure: false }, 'name is "__Host-id"'],
    [{ name: '__Host-id', domain: 'example.com' }, 'name'],
    [{ name: '__Host-id', path: '/app' }, 'name'],
    [{ name: '__host-id', path: '/app' }, 'name'],
    [{ name: '__Secure-id', secure: false }, 'name'],
    [{ path: 'app' }, 'path'],
    [{ path: 'app/' }, 'path'],
    [{ sameSite: 'xLax' }, 'sameSite'],
    [{ sameSite: 'Laxx' }, 'sameSite'],
    [{ name: 7 }, 'name'],
    [{ path: '/;Domain=example.com' }, 'path'],
    [{ domain: 'example.com; Secure' }, 'domain'],
    [{ sameSite: 'lax' }, 'sameSite'],
    [{ sameSite: 'None', secure: false }, 'sameSite'],
    [{ maxAgeMs: 999 }, 'maxAgeMs'],
    [{ maxAgeMs: Number.NaN }, 'maxAgeMs'],
    [{ maxAge: 3_600 }, 'an option of cookie is "maxAge"; use name, secure,'],
    [null, 'cookie is null'],
  ])('with %o is refused', (options, message) => {
    expect(() => cookieJar(options as object)).toThrow(message);
  });
});
