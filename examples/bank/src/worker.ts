import { Bank } from './bank.js';

// Without the parent there is no work.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const [folder = '', worker = '', accounts = '', transfers = ''] = process.argv.slice(2);
await using bank = await Bank.open(folder);
const oneOf = (): string => `account-${Math.floor(Math.random() * Number(accounts))}`;

for (let number = 0; number < Number(transfers); number += 1) {
  const name = `transfer-${worker}.${number}`;
  const from = oneOf();
  let to = oneOf();
  while (to === from) to = oneOf();
  await bank.request(name, { from, to, amount: 1 + Math.floor(Math.random() * 500) });
  process.send?.(name);
}
await bank.feed.flush();
process.disconnect();
process.exit();
