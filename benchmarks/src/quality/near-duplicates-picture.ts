/** Precision and recall of one method over its thresholds. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly recall: number; readonly precision: number }[];
  /** The point at the chosen threshold. */
  readonly chosen: { readonly recall: number; readonly precision: number };
}

const size = 420;
const margin = 50;
const colors = ['#0b7285', '#868e96', '#5c940d', '#e67700', '#c2255c'];

/** The curves as a picture, ours in front. */
export function precisionRecallPicture(curves: readonly Curve[]): string {
  const x = (recall: number): string => (margin + recall * size).toFixed(1);
  const y = (precision: number): string => (margin + (1 - precision) * size).toFixed(1);
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((tick) => [
    `<path d="M${x(tick)} ${y(0)}V${y(1)}M${x(0)} ${y(tick)}H${x(1)}" stroke="#dee2e6" fill="none"/>`,
    text(Number(x(tick)) - 8, Number(y(0)) + 16, tick.toFixed(1)),
    text(margin - 26, Number(y(tick)) + 4, tick.toFixed(1)),
  ]);
  const drawn = curves.map(({ points, chosen }, place) => {
    const color = colors[place % colors.length];
    const path = points.map(({ recall, precision }) => `${x(recall)},${y(precision)}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="${place === 0 ? 3 : 1.5}"/>`,
      `<circle cx="${x(chosen.recall)}" cy="${y(chosen.precision)}" r="5" fill="${color}"/>`,
    ].join('');
  });
  const legend = curves.map(({ name }, place) => {
    const top = margin + 20 + place * 20;
    const color = colors[place % colors.length];
    return `<circle cx="${margin + size + 26}" cy="${top - 4}" r="5" fill="${color}"/>${text(margin + size + 38, top, name)}`;
  });
  const width = margin + size + 480;
  const height = size + 2 * margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<title>Precision and recall of finding near-duplicates</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...ticks,
    text(margin + size / 2 - 20, height - 12, 'recall'),
    text(10, margin - 16, 'precision'),
    ...drawn.reverse(),
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}">${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}
