import { promisify } from 'node:util';
import { clientAddress } from '@norikv/rate-limit';
import { expressRateLimit } from '@norikv/rate-limit/express';
import { createSessionId, SignInRevokedError } from '@norikv/session';
import { NoriKVSessionStore } from '@norikv/session/express-session';
import { isNoriKVError } from '@norikv/store';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { credentialsOf, type FrontDoor } from './front-door.js';

declare module 'express-session' {
  interface SessionData {
    userId?: string;
  }
}

/** The server with Express and express-session. */
export function createExpressApp(door: FrontDoor, secret: string): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(
    expressRateLimit(door.traffic, { limits: { maxRequests: 200, windowMs: 60_000, name: 'traffic' } }),
  );
  app.use(express.json({ limit: '2kb' }), (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.use(
    session({
      store: new NoriKVSessionStore(door.store, { userIdOf: (stored: session.SessionData) => stored.userId }),
      secret,
      genid: createSessionId,
      name: 'express-id',
      // Over https: secure: true, and the name "__Host-id".
      cookie: { httpOnly: true, sameSite: 'lax', secure: false, maxAge: 3_600_000 },
      resave: false,
      saveUninitialized: false,
    }),
  );

  app.post('/login', async (request, response) => {
    const credentials = credentialsOf(request.body);
    if (!credentials) return void response.status(400).end();
    const { name, password } = credentials;
    const admission = await door.admit(
      name,
      password,
      clientAddress([request.ip, request.socket.remoteAddress]),
    );
    if (admission.kind === 'wrong') return void response.status(401).end();
    if (admission.kind === 'too-often') {
      return void response
        .status(429)
        .set(admission.headers)
        .type('application/problem+json')
        .send(admission.body);
    }
    // A new id: somebody may have planted the old one.
    await promisify(request.session.regenerate.bind(request.session))();
    request.session.userId = name;
    // Express-session saves while it answers: a visitor may be told of a session that could not be kept.
    await promisify(request.session.save.bind(request.session))();
    // "Log out everywhere" misses a session that is not there yet.
    if ((await door.sessions.generation(name)) !== admission.generation) {
      await promisify(request.session.destroy.bind(request.session))();
      throw new SignInRevokedError('All sessions of the user were ended meanwhile; check the password again');
    }
    response.json({ name });
  });

  app.get('/me', (request, response) => {
    const { userId } = request.session;
    if (userId === undefined) return void response.status(401).end();
    response.json({ name: userId });
  });

  app.post('/logout', async (request, response) => {
    await promisify(request.session.destroy.bind(request.session))();
    response.clearCookie('express-id').status(204).end();
  });

  app.post('/logout-everywhere', async (request, response) => {
    const { userId } = request.session;
    if (userId === undefined) return void response.status(401).end();
    response.clearCookie('express-id').json({ ended: await door.sessions.revokeAll(userId) });
  });

  app.use((error: { statusCode?: number }, _request: Request, response: Response, _next: NextFunction) => {
    response.status(isNoriKVError(error) ? 503 : (error.statusCode ?? 500)).end();
  });
  return app;
}
