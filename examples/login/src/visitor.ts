import { CookieJar } from 'tough-cookie';

/** Somebody with a browser: requests, and a jar for the cookies. */
export class Visitor {
  readonly jar: CookieJar = new CookieJar();

  async get(url: string): Promise<Response> {
    return this.#send(url, { method: 'GET' });
  }

  async post(url: string, body: unknown = {}): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.#send(url, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async logIn(server: string, name: string, password: string): Promise<number> {
    return (await this.post(`${server}/login`, { name, password })).status;
  }

  /** Whose the session at a server is; undefined if nobody is logged in. */
  async nameAt(server: string): Promise<string | undefined> {
    const response = await this.get(`${server}/me`);
    return response.status === 200 ? ((await response.json()) as { name: string }).name : undefined;
  }

  async #send(url: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    const cookie = await this.jar.getCookieString(url);
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...(cookie && { cookie }) } });
    for (const line of response.headers.getSetCookie()) await this.jar.setCookie(line, url);
    return response;
  }
}
