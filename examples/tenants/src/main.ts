import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createEphemeral } from '@norikv/embedded';
import { TenantContext, TenantManager } from '@norikv/tenancy';
import { createNotesServer, type NotesRequest } from './notes.js';

const helpText = `Two tenants, "acme" and "acme:eu", use one notes service over one store. They never meet, the free plan
ends at three notes, and a tenant that is deleted and created again starts empty.

Usage: npm start -- tenants

Exit code: 0 all was as promised, 1 it was not, 2 the options are wrong.
`;

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    const isHelp = args[0] === '--help';
    (isHelp ? process.stdout : process.stderr).write(helpText);
    return isHelp ? 0 : 2;
  }
  await using store = await createEphemeral();
  const plans = { free: { maxKeys: 3, maxStorageMB: 1 }, pro: { maxKeys: 1_000, maxStorageMB: 100 } };
  await using tenants = new TenantManager(store, { plans });
  await tenants.create('acme', 'Acme Corp', 'free');
  await tenants.create('acme:eu', 'Acme Europe', 'pro');

  // A real service takes the claim from a session or a signed token that it has verified.
  const claim = (request: NotesRequest): string | undefined =>
    /^Verified (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const server = createNotesServer(new TenantContext<NotesRequest>(tenants, { claim }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  let isRight = true;
  const ask = async (tenant: string | undefined, path: string, body?: string): Promise<string> => {
    const headers: Record<string, string> = tenant ? { authorization: `Verified ${tenant}` } : {};
    const response = await fetch(url + path, { headers, ...(body !== undefined && { method: 'PUT', body }) });
    return `${response.status} ${await response.text()}`.trim();
  };
  const say = async (what: string, answer: Promise<string>, expected: string): Promise<void> => {
    const actual = await answer;
    isRight &&= actual.startsWith(expected);
    console.log(`${what.padEnd(58)} ${actual}`);
  };

  await say('acme writes eu:plan', ask('acme', '/eu:plan', 'ours alone'), '204');
  await say('acme:eu writes plan', ask('acme:eu', '/plan', 'conquer'), '204');
  await say('acme reads eu:plan', ask('acme', '/eu:plan'), '200 ours alone');
  await say('acme reads plan', ask('acme', '/plan'), '404');
  await say('acme:eu reads eu:plan', ask('acme:eu', '/eu:plan'), '404');
  await say('nobody reads plan', ask(undefined, '/plan'), '400');
  await say('a stranger reads plan', ask('stranger', '/plan'), '404 Tenant not found');
  for (const number of [2, 3]) await say(`acme writes note ${number}`, ask('acme', `/${number}`, 'x'), '204');
  await say('acme writes note 4, and the free plan has 3', ask('acme', '/4', 'x'), '429');
  await tenants.setPlan('acme', 'pro');
  await say('acme has the plan pro now, and writes note 4', ask('acme', '/4', 'x'), '204');
  await tenants.suspend('acme:eu');
  await say('acme:eu is suspended, and reads plan', ask('acme:eu', '/plan'), '403');
  await tenants.delete('acme');
  await tenants.create('acme', 'Another Acme', 'free');
  await say(
    'acme was deleted and created again, and reads eu:plan',
    ask('acme', '/eu:plan'),
    '404 no such note',
  );

  server.closeAllConnections();
  server.close();
  return isRight ? 0 : 1;
}
