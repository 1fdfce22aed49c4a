import type { NoriKVClient } from '@norikv/client';
import { type Capabilities, errorCode } from '@norikv/store';
import { type Observed, type Probe, probes } from './doctor-probes.js';
import type { Terminal } from './terminal.js';

/** What came of a probe beside what the server declares. */
interface Finding {
  readonly guarantee: string;
  readonly declared: string;
  readonly observed: Observed;
  /** `broken`: declared, and seen not to be kept. */
  readonly verdict: 'kept' | 'not offered' | 'kept, not declared' | 'broken';
  readonly detail: string;
}

/**
 * Probes a live server with keys of its own, removed afterwards, and prints which guarantees it keeps.
 *
 * A probe can show that a guarantee is broken; that one holds it can only fail to disprove.
 *
 * @returns the exit code: 0 if all that is declared was seen to be kept.
 */
export async function diagnose(client: NoriKVClient, asJson: boolean, terminal: Terminal): Promise<number> {
  const findings: Finding[] = [];
  for (const probe of probes) findings.push(await find(client, probe));
  const engine = client.capabilities?.engine ?? 'unknown';
  const broken = findings.filter(({ verdict }) => verdict === 'broken').length;
  terminal.out(
    asJson ? `${JSON.stringify({ engine, findings }, null, 2)}\n` : report(engine, findings, broken),
  );
  return broken === 0 ? 0 : 1;
}

async function find(client: NoriKVClient, { guarantee, what, run }: Probe): Promise<Finding> {
  const declared = declaredIn(client.capabilities, guarantee);
  const isDeclared = declared !== 'false' && declared !== 'none';
  let observed: Observed;
  let detail = what;
  try {
    observed = await run(client);
  } catch (error) {
    // Refused by name is a clear answer; anything else is a probe that did not end well.
    observed = errorCode(error) === 'UNSUPPORTED' ? 'refused' : 'broken';
    detail = `${what}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const isKept = observed === 'kept';
  const verdict = isDeclared ? (isKept ? 'kept' : 'broken') : isKept ? 'kept, not declared' : 'not offered';
  return { guarantee, declared, observed, verdict, detail };
}

function declaredIn(capabilities: Capabilities | undefined, guarantee: Probe['guarantee']): string {
  return guarantee === 'values' ? 'always' : String(capabilities?.[guarantee] ?? false);
}

function report(engine: string, findings: readonly Finding[], broken: number): string {
  const lines = findings.map(({ guarantee, declared, verdict, detail }) => {
    const mark = verdict === 'kept' ? 'ok ' : verdict === 'broken' ? 'BAD' : ' - ';
    return `${mark} ${guarantee.padEnd(18)} declared ${declared.padEnd(8)} ${verdict.padEnd(19)} ${detail}`;
  });
  const summary =
    broken === 0 ? 'Everything declared was kept.' : `${broken} guarantees are declared and not kept.`;
  return `${engine}\n\n${lines.join('\n')}\n\n${summary}\n`;
}
