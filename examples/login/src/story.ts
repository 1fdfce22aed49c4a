import { Visitor } from './visitor.js';

/** What visitors see of both servers, line by line. Throws where it is not what it should be. */
export async function* story(expressUrl: string, honoUrl: string): AsyncGenerator<string> {
  const [phone, laptop, thief] = [new Visitor(), new Visitor(), new Visitor()];
  expect(await phone.logIn(expressUrl, 'alice', 'correct horse'), 200);
  expect(await laptop.logIn(honoUrl, 'alice', 'correct horse'), 200);
  yield 'Alice logs in with her phone at the Express server and with her laptop at the Hono server.';

  const ended = await laptop.post(`${honoUrl}/logout-everywhere`);
  expect(await ended.json(), { ended: 2 });
  expect([await phone.nameAt(expressUrl), await laptop.nameAt(honoUrl)], [undefined, undefined]);
  yield 'She logs out everywhere from the laptop. The phone, at the other server, is logged out too.';

  const attempts: number[] = [];
  for (const password of ['1234', 'password', 'alice', 'letmein', 'qwerty', 'correct horse']) {
    attempts.push(await thief.logIn(attempts.length % 2 ? honoUrl : expressUrl, 'alice', password));
  }
  expect(attempts, [401, 401, 401, 401, 401, 429]);
  yield 'Somebody guesses her password, at both servers in turn. After five wrong ones even the right one is refused.';

  const { headers } = await thief.post(`${expressUrl}/login`, { name: 'alice', password: 'correct horse' });
  yield `The answer says when to come back: Retry-After ${headers.get('retry-after')}, RateLimit ${headers.get('ratelimit')}.`;

  expect(await new Visitor().logIn(honoUrl, 'bob', 'battery staple'), 200);
  yield 'Bob, at the same address, still gets in.';
}

function expect(found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`expected ${right}, found ${left}`);
}
