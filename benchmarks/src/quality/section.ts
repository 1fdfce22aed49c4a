import type { Row } from '../row.js';

/** Measures one thing: as rows, or as a report in Markdown. Says so where it cannot. */
export type QualitySection = () => Promise<string | readonly Row[]>;

/** A table in Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
