/** One line of the table: what was measured, by whom, and how it compares with ours in the same run. */
export interface Row {
  readonly section: string;
  readonly contender: string;
  readonly value: number;
  readonly unit: string;
  /** Ours divided by this contender, or the other way round where less is better: above 1 is good for us. */
  readonly oursIsBetterBy: number | undefined;
  readonly note: string;
}

/** A contender's figure before it is compared. */
export interface Figure {
  readonly contender: string;
  readonly value: number;
  readonly note?: string | undefined;
}

/** Figures of one section, ours first. */
export type Figures = readonly [Figure, ...Figure[]];

/** Compares the first figure, ours, with each of the others. */
export function compare(
  section: string,
  unit: string,
  better: 'more' | 'less',
  [ours, ...peers]: Figures,
): Row[] {
  const ratio = (peer: Figure): number =>
    better === 'more' ? ours.value / peer.value : peer.value / ours.value;
  return [
    rowOf(section, unit, ours, undefined),
    ...peers.map((peer) => rowOf(section, unit, peer, ratio(peer))),
  ];
}

/** Rows of mistakes. Ours are none, and nothing can be compared with that. */
export function mistakes(section: string, unit: string, figures: Figures): Row[] {
  return figures.map((figure) => rowOf(section, unit, figure, undefined));
}

function rowOf(section: string, unit: string, figure: Figure, oursIsBetterBy: number | undefined): Row {
  const { contender, value, note = '' } = figure;
  return { section, contender, value, unit, oursIsBetterBy, note };
}
