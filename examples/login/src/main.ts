import { once } from 'node:events';
import { openEmbedded } from '@norikv/embedded';
import { Accounts } from './accounts.js';
import { FrontDoor } from './front-door.js';
import { helpText, type Options, parseOptions } from './options.js';
import { serveExpress, serveHono } from './servers.js';
import { story } from './story.js';

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n--help shows all options.\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  await run(options);
  return 0;
}

async function run({ serve }: Options): Promise<void> {
  await using store = await openEmbedded();
  const accounts = new Accounts();
  await accounts.add('alice', 'correct horse');
  await accounts.add('bob', 'battery staple');
  const door = new FrontDoor(store, accounts, { timeoutMs: 5_000 });
  await using express = await serveExpress(door, serve ? 3_001 : 0);
  await using hono = await serveHono(door, serve ? 3_002 : 0);
  if (!serve) {
    for await (const line of story(express.url, hono.url)) console.log(line);
    return;
  }
  console.log(`Express: ${express.url}\nHono:    ${hono.url}\n`);
  console.log(
    `curl -i -c jar -b jar --json '{"name":"alice","password":"correct horse"}' ${express.url}/login`,
  );
  console.log(`curl -i -c jar -b jar ${express.url}/me`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
