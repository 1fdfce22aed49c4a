import { getConnInfo } from '@hono/node-server/conninfo';
import { clientAddress } from '@norikv/rate-limit';
import { honoRateLimit } from '@norikv/rate-limit/hono';
import { honoSessions, type RequestSession } from '@norikv/session/hono';
import { isNoriKVError } from '@norikv/store';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { credentialsOf, type FrontDoor, type Visit } from './front-door.js';

interface Env {
  Variables: { session: RequestSession<Visit> };
}

/** The server with Hono. */
export function createHonoApp(door: FrontDoor): Hono<Env> {
  const app = new Hono<Env>();
  const identify = (context: Context): string => clientAddress(getConnInfo(context).remote.address);
  const limits = { maxRequests: 200, windowMs: 60_000, name: 'traffic' };
  app.use(honoRateLimit(door.traffic, { limits, identify }));
  app.use(bodyLimit({ maxSize: 2_048 }));
  // Over https: leave the cookie out, and it is "__Host-id", and secure.
  app.use(honoSessions(door.sessions, { cookie: { name: 'hono-id', secure: false, maxAgeMs: 3_600_000 } }));

  app.post('/login', async (context) => {
    const credentials = credentialsOf(await context.req.json().catch(() => undefined));
    if (!credentials) return context.body(null, 400);
    const { name, password } = credentials;
    const admission = await door.admit(name, password, identify(context));
    if (admission.kind === 'wrong') return context.body(null, 401);
    if (admission.kind === 'too-often') {
      return context.body(admission.body, 429, {
        ...admission.headers,
        'Content-Type': 'application/problem+json',
      });
    }
    await context.get('session').signIn(name, { server: 'hono' }, { generation: admission.generation });
    return context.json({ name });
  });

  app.get('/me', (context) => {
    const { data } = context.get('session');
    return data ? context.json({ name: data.userId }) : context.body(null, 401);
  });

  app.post('/logout', async (context) => {
    await context.get('session').signOut();
    return context.body(null, 204);
  });

  app.post('/logout-everywhere', async (context) => {
    const session = context.get('session');
    return session.data
      ? context.json({ ended: await session.signOutEverywhere() })
      : context.body(null, 401);
  });

  app.onError((error, context) => {
    // What a session or Hono itself throws knows its answer.
    if ('getResponse' in error) return error.getResponse();
    return context.body(null, isNoriKVError(error) ? 503 : 500);
  });
  return app;
}
