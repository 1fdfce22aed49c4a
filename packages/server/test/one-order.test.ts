import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { seededRandom } from '../../testkit/src/index.js';
import type { PlayerProcess } from './matches/player-process.js';
import { Tournament } from './matches/tournament.js';
import { newFolder, ServerProcess } from './support/programs.js';

const troubles = Math.ceil(12 * Number(process.env.NORIKV_TEST_LOAD ?? 1));
const atOnce = 6;

it('what processes are told has one order, though they and the server are killed and the network is bad', {
  timeout: 300_000 + troubles * 20_000,
}, async () => {
  const random = seededRandom(1);
  await using folder = await newFolder();
  const args = ['--data', folder.path, '--http', 'off', '--port', '0'];
  let server = await ServerProcess.start(args);
  await using tournament = await Tournament.on(server.port);

  const unexplained: (readonly string[])[] = [];
  let isOver = false;
  let seed = 0;
  const playOn = async (): Promise<void> => {
    while (!isOver) {
      seed += 1;
      const found = await tournament.play(seed);
      if (found) unexplained.push(found);
    }
  };
  const matches = Promise.all(Array.from({ length: atOnce }, playOn));

  const kinds = [
    async () => {
      await server.end('SIGKILL');
      server = await ServerProcess.start(args);
      for (const { network } of tournament.players) network.target = server.port;
    },
    (player: PlayerProcess) => player.killAndStart(),
    async (player: PlayerProcess) => {
      player.signal('SIGSTOP');
      await sleep(random() * 1_500);
      player.signal('SIGCONT');
    },
    async ({ network }: PlayerProcess) => {
      network.weather = random() < 0.5 ? 'black hole' : 'half open';
      await sleep(random() * 1_500);
      network.weather = 'fine';
      network.reset();
    },
    async ({ network }: PlayerProcess) => network.reset(),
    async ({ network }: PlayerProcess) => {
      network.delayMs = random() * 30;
    },
  ];
  for (let trouble = 0; trouble < troubles; trouble++) {
    const before = tournament.played;
    await expect.poll(() => tournament.played, { timeout: 240_000 }).toBeGreaterThan(before);
    const player = tournament.players[Math.floor(random() * tournament.players.length)] as PlayerProcess;
    await kinds[trouble % kinds.length]?.(player);
  }
  isOver = true;
  await matches;
  expect(unexplained).toEqual([]);
  expect(tournament.answers).toBeGreaterThan(tournament.played);
  await server.end('SIGTERM');
});
