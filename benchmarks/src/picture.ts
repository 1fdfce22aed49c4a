import type { Row } from './row.js';
import { figure } from './table.js';

const width = 900;
const rowHeight = 22;
const labelWidth = 330;
const barWidth = 360;

/** The rows as bars, on a logarithmic scale within each section, ours in colour. */
export function picture(rows: readonly Row[]): string {
  const parts: string[] = [];
  let top = 20;
  for (const section of new Set(rows.map((row) => row.section))) {
    const members = rows.filter((row) => row.section === section);
    const values = members.map((row) => row.value).filter((value) => value > 0);
    const lowest = Math.min(...values) / 2;
    const span = Math.log(Math.max(...values) / lowest);
    parts.push(text(10, top + 14, section, 'font-weight="bold"'));
    top += rowHeight;
    for (const row of members) {
      const length = row.value > 0 ? (Math.log(row.value / lowest) / span) * barWidth : 0;
      const color = row.oursIsBetterBy === undefined ? '#0b7285' : '#adb5bd';
      const ratio = row.oursIsBetterBy === undefined ? '' : ` (ours ${figure(row.oursIsBetterBy)}x)`;
      parts.push(text(20, top + 14, row.contender));
      parts.push(
        `<rect x="${labelWidth}" y="${top + 3}" width="${length.toFixed(1)}" height="14" fill="${color}"/>`,
      );
      parts.push(text(labelWidth + length + 6, top + 14, `${figure(row.value)} ${row.unit}${ratio}`));
      top += rowHeight;
    }
    top += 12;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${top}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped}</text>`;
}
