import { startNorikv } from './src/contenders/norikv-server.js';
const ours = await startNorikv(Number(process.argv[2] ?? 4));
const client = ours.client; const value = 'x'.repeat(100);
async function rate(name: string, n: number, one: (i: number) => Promise<unknown>) {
  for (let r = 0; r < 2; r++) { let done = 0, stop = false; const t = performance.now();
    const loops = Array.from({ length: n }, async (_, i) => { while (!stop) { await one(i); done++; } });
    await new Promise((r) => setTimeout(r, 1500)); stop = true; await Promise.all(loops);
    if (r) console.log(name, n, Math.round(done / (performance.now() - t) * 1000)); } }
await client.put('read', value);
for (const n of [1, 16, 128]) { await rate('get', n, () => client.get('read'));
 const versions: any[] = []; for (let i = 0; i < n; i++) versions[i] = await client.put(`k${i}`, value);
 await rate('put', n, async (i) => { versions[i] = await client.put(`k${i}`, value, { ifMatchVersion: versions[i] }); }); }
await ours[Symbol.asyncDispose](); process.exit(0);
