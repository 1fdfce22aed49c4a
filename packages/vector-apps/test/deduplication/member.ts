import { openEmbedded } from '@norikv/embedded';
import { DocumentDeduplicator, passage } from './world.js';

// A process that stores copies of some texts in the folder it is given, and says what became of each, one JSON
// object a line.
const [path = '', name = ''] = process.argv.slice(2);

await using store = await openEmbedded({ path });
const dedup = new DocumentDeduplicator(store, null);
await dedup.initialize();

const topics = ['a', 'b', 'c', 'd'];
for (const topic of topics) {
  const stored = Array.from({ length: 3 }, async (_, number) => {
    const id = `${topic}-${name}-${number}`;
    const text = passage(topic, number, `${name}x`);
    const { isDuplicate, duplicateOf } = await dedup.checkAndStore(id, text);
    process.stdout.write(`${JSON.stringify({ id, topic, isDuplicate, duplicateOf })}\n`);
  });
  await Promise.all(stored);
}
