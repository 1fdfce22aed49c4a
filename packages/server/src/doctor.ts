import type { NoriKVClient } from '@norikv/client';
import { type Capabilities, errorCode } from '@norikv/store';
import { isUnanswered, type Observed, type Probe, probes } from './doctor-probes.js';
import { exitCodes } from './exit-codes.js';
import { reasonOf, type Terminal } from './terminal.js';

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
 * Probes a live server with keys of its own, removed afterwards as long as it answers, and prints which guarantees it
 * keeps.
 *
 * A probe can show that a guarantee is broken; that one holds it can only fail to disprove.
 *
 * @returns the exit code: 0 if all that is declared was seen to be kept. A server that does not answer any more, or
 * refuses calls as it has too many, is not probed any further: what it keeps is unknown.
 */
export async function diagnose(client: NoriKVClient, asJson: boolean, terminal: Terminal): Promise<number> {
  const findings: Finding[] = [];
  let stopped: string | undefined;
  for (const probe of probes) {
    try {
      findings.push(await find(client, probe));
    } catch (error) {
      stopped = `${probe.guarantee}: ${reasonOf(error)}`;
      break;
    }
  }
  const engine = client.capabilities?.engine ?? 'unknown';
  const broken = findings.filter(({ verdict }) => verdict === 'broken').length;
  terminal.out(
    asJson
      ? `${JSON.stringify({ engine, findings, stopped }, null, 2)}\n`
      : report(engine, findings, broken, stopped),
  );
  return broken === 0 && stopped === undefined ? exitCodes.done : exitCodes.failed;
}

/** Throws if the server did not answer, or not for now. */
async function find(client: NoriKVClient, { guarantee, what, run }: Probe): Promise<Finding> {
  const declared = declaredIn(client.capabilities, guarantee);
  const isDeclared = declared !== 'false' && declared !== 'none';
  let observed: Observed;
  let detail = what;
  try {
    observed = await run(client);
  } catch (error) {
    if (isUnanswered(error)) throw error;
    // Refused by name is a clear answer; anything else is a probe that did not end well.
    observed = errorCode(error) === 'UNSUPPORTED' ? 'refused' : 'broken';
    detail = `${what}: ${reasonOf(error)}`;
  }
  const isKept = observed === 'kept';
  const verdict = isDeclared ? (isKept ? 'kept' : 'broken') : isKept ? 'kept, not declared' : 'not offered';
  return { guarantee, declared, observed, verdict, detail };
}

function declaredIn(capabilities: Capabilities | undefined, guarantee: Probe['guarantee']): string {
  return guarantee === 'values' ? 'always' : String(capabilities?.[guarantee] ?? false);
}

function report(
  engine: string,
  findings: readonly Finding[],
  broken: number,
  stopped: string | undefined,
): string {
  const lines = findings.map(({ guarantee, declared, verdict, detail }) => {
    const mark = verdict === 'kept' ? 'ok ' : verdict === 'broken' ? 'BAD' : ' - ';
    return `${mark} ${guarantee.padEnd(18)} declared ${declared.padEnd(8)} ${verdict.padEnd(19)} ${detail}`;
  });
  const kept = stopped === undefined ? 'Everything declared was kept.' : 'Nothing was seen to be broken.';
  const end =
    stopped === undefined ? '' : ` No further probe, as the server did not serve this one. ${stopped}`;
  const summary = `${broken === 0 ? kept : `${broken} guarantees are declared and not kept.`}${end}`;
  return `${engine}\n\n${lines.join('\n')}\n\n${summary}\n`;
}
