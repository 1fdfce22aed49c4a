import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Program } from './programs.js';

/** Lets a writer write for a while after its first answer, and returns all it reported until it was killed. */
export async function killWhileWriting<Report extends { readonly kind: string }>(
  writer: Program,
  order: string,
  afterMs: number,
): Promise<Report[]> {
  writer.send(order);
  const reports: Report[] = [];
  const take = (line: string): Report => {
    const report = JSON.parse(line) as Report;
    reports.push(report);
    return report;
  };
  for (;;) {
    const line = await writer.line();
    if (line === undefined) throw new Error(`The writer ended by itself: ${writer.errors()}`);
    if (take(line).kind === 'acknowledged') break;
  }
  const rest = writer.rest();
  await sleep(afterMs);
  writer.kill();
  expect(await writer.exited, writer.errors()).toBe('SIGKILL');
  for (const line of await rest) take(line);
  return reports;
}
