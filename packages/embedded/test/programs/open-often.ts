import { setTimeout as sleep } from 'node:timers/promises';
import { open } from 'lmdb';
import { prepareFolder } from '../../src/folder.js';
import { FolderGate, openGate } from '../../src/gate.js';

// Opens and closes the file of a store over and over, faster than a store would, until it is killed.
const [path, way] = process.argv.slice(2);
const folder = prepareFolder(path);
const gate = way === 'without-gate' ? openGate : new FolderGate(folder, 'disk');
const options = { path: folder.dataFile, noSubdir: true, overlappingSync: false, maxDbs: 16 };
process.stdout.write('begins\n');
for (;;) {
  const beganAtMs = performance.now();
  const root = await gate.alone(() => open(options));
  await gate.alone(() => root.close());
  // Leaves the others some time, and more than it takes itself: two that take turns without a gap stop all writes.
  await sleep(2 + 2 * (performance.now() - beganAtMs));
}
