import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbedded } from '@norikv/embedded';
import { Group } from './group.js';
import { readJournal } from './journal.js';
import { tellStory } from './story.js';

const helpText = `Three processes elect a leader that writes to a journal in a durable store. The leader is killed, made to
stand still, and sent away; each time another takes over, and no entry is lost or slips in late.

Usage: npm start -- leader [options]

  --ttl MS   how long a leader that died keeps others out, 1000 to 60000 (default 2000)
  --help     show this text

Exit code: 0 the journal is right, 1 it is not, 2 the options are wrong, 130 after Ctrl-C.
`;

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const ttlMs = parseTtl(args);
  if (typeof ttlMs === 'string') {
    process.stderr.write(ttlMs);
    return 2;
  }
  if (ttlMs === undefined) {
    process.stdout.write(helpText);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'norikv-leader-'));
  const group = new Group(folder, ttlMs);
  try {
    const interrupted = new Promise<'interrupted'>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve('interrupted'));
    });
    const startedAt = performance.now();
    const now = (): number => performance.now() - startedAt;
    const say = (line: string): void => console.log(`${(now() / 1_000).toFixed(2).padStart(6)} s  ${line}`);
    const outcome = await Promise.race([tellStory({ group, ttlMs, say, now }), interrupted, group.failure]);
    if (outcome === 'interrupted') return 130;
    await group.end('SIGTERM');
    return await check(folder, group.acknowledged);
  } finally {
    await group.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** An entry whose acknowledgement nobody lived to hear may be there too: one for each leader that was killed. */
async function check(folder: string, acknowledged: number): Promise<number> {
  await using store = await openEmbedded({ path: folder });
  const { entries, token } = await readJournal(store);
  const unheard = entries - acknowledged;
  const isRight = unheard >= 0 && unheard <= 1;
  console.log(
    `\n${acknowledged} entries were acknowledged, and the journal has ${entries}: ` +
      (isRight
        ? `none lost, none written twice${unheard === 1 ? ', and one of the killed leader that nobody heard of' : ''}.`
        : 'WRONG.'),
  );
  console.log(`The last one was written under token ${token}.`);
  return isRight ? 0 : 1;
}

/** The time of a lease; undefined if help was asked for, a message if the options are wrong. */
function parseTtl(args: readonly string[]): number | string | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { ttl: { type: 'string', default: '2000' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return undefined;
    const ttlMs = Number(values.ttl);
    if (Number.isInteger(ttlMs) && ttlMs >= 1_000 && ttlMs <= 60_000) return ttlMs;
    return `--ttl is ${JSON.stringify(values.ttl)}; use milliseconds from 1000 to 60000\n--help shows all options.\n`;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n--help shows all options.\n`;
  }
}
