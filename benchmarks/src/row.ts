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

/** Compares the first figure, ours, with each of the others. */
export function compare(
  section: string,
  unit: string,
  better: 'more' | 'less',
  [ours, ...peers]: readonly [Figure, ...Figure[]],
): Row[] {
  const row = (figure: Figure, oursIsBetterBy: number | undefined): Row => ({
    section,
    contender: figure.contender,
    value: figure.value,
    unit,
    oursIsBetterBy,
    note: figure.note ?? '',
  });
  const ratio = (peer: Figure): number =>
    better === 'more' ? ours.value / peer.value : peer.value / ours.value;
  return [row(ours, undefined), ...peers.map((peer) => row(peer, ratio(peer)))];
}
