import type { Row } from './row.js';

/** The rows as text, a block for each section. */
export function table(rows: readonly Row[]): string {
  const sections = [...new Set(rows.map((row) => row.section))];
  return sections
    .map((section) => {
      const lines = rows
        .filter((row) => row.section === section)
        .map((row) => {
          const ratio = row.oursIsBetterBy === undefined ? '' : `ours ${figure(row.oursIsBetterBy)}x`;
          const value = `${figure(row.value)} ${row.unit}`;
          return `  ${row.contender.padEnd(44)} ${value.padStart(24)}  ${ratio.padEnd(14)} ${row.note}`.trimEnd();
        });
      return [section, ...lines].join('\n');
    })
    .join('\n\n');
}

/** Three significant digits, thousands separated. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 4 });
}
