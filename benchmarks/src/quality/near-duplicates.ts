import { writeFile } from 'node:fs/promises';
import { type Finding, methods, type NearDuplicateMethod } from './near-duplicates-contenders.js';
import { type Arrival, loadNearDuplicates, type NearDuplicateData } from './near-duplicates-data.js';
import { edits } from './near-duplicates-edits.js';
import { precisionRecallPicture } from './near-duplicates-picture.js';
import { markdownTable } from './section.js';

const pictureFile = new URL('../../../docs/quality-near-duplicates.svg', import.meta.url);
const defaultThreshold = 0.4;

interface Score {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Stored texts found for arrivals that have no original there. */
  readonly falseMerges: number;
}

type Judged = readonly (readonly [Arrival, Finding | null])[];

interface Measured {
  readonly name: string;
  readonly hasChoice: boolean;
  readonly threshold: number;
  readonly judged: Judged;
  readonly scores: readonly Score[];
  readonly chosen: Score;
}

/** How well copies are found that were edited, and how seldom texts that are distinct are taken for copies. */
export async function run(): Promise<string> {
  const data = loadNearDuplicates();
  const measured: Measured[] = [];
  for (const method of methods) measured.push(await measure(method, data));
  const curves = measured.map(({ name, scores, chosen }) => ({ name, points: scores, chosen }));
  await writeFile(pictureFile, precisionRecallPicture(curves));

  const [first] = measured;
  const own = first
    ? [['as it comes', defaultThreshold, scoreOf(first.judged, defaultThreshold)] as const]
    : [];
  const rows = [
    ...own.map(([note, threshold, score]) => row(`${first?.name}, ${note}`, threshold, score)),
    ...measured.map(({ name, threshold, chosen, hasChoice }) =>
      row(hasChoice ? `${name}, threshold chosen` : name, threshold, chosen),
    ),
  ];
  const perEdit = edits.map(({ name }) => [
    name,
    ...measured.map(({ judged, threshold }) => {
      const { recall, falseMerges } = scoreOf(
        judged.filter(([{ edit }]) => edit === name),
        threshold,
      );
      return `${percent(recall)} / ${percent(falseMerges)}`;
    }),
  ]);
  const [choosing, reported] = data.halves;
  return [
    '# Near duplicates',
    `${data.corpus.length} passages of State of the Union addresses are stored, of 60 words or a little more. Then come ` +
      `edits of them, and of passages that are not stored: for each of seven ways to edit, ${reported.length / 14} texts that ` +
      'should find their original, and as many that should find nothing. The hard cases are among what is stored: for each ' +
      'of these texts the most similar other passage of all 233 addresses. ' +
      `Thresholds are chosen on ${choosing.length} texts and reported on ${reported.length} others. Everything is drawn with a fixed ` +
      'seed, so it is the same every time: `npm run quality -- --only near-duplicates`. The threshold that it comes with was ' +
      'set by looking at passages of the same addresses.',
    markdownTable(['method', 'threshold', 'precision', 'recall', 'F1', 'false merges'], rows),
    'Precision: of all texts that were said to be copies, how many found their own original. Recall: of all copies, how many ' +
      'did. False merges: of the texts without an original, how many were taken for a copy.',
    '![Precision and recall over the thresholds](quality-near-duplicates.svg)',
    '## For each way to edit: recall / false merges',
    markdownTable(['edit', ...measured.map(({ name }) => name)], perEdit),
  ].join('\n\n');
}

async function measure(
  method: NearDuplicateMethod,
  { corpus, halves }: NearDuplicateData,
): Promise<Measured> {
  const arrivals = halves.flat();
  const findings = await method.findings(corpus, arrivals);
  const all = arrivals.map((arrival, place) => [arrival, findings[place] ?? null] as const);
  const choosing = all.slice(0, halves[0].length);
  const judged = all.slice(halves[0].length);
  const threshold = bestOf(method.thresholds, (one) => scoreOf(choosing, one).f1);
  return {
    name: method.name,
    hasChoice: method.thresholds.length > 1,
    threshold,
    judged,
    scores: method.thresholds.map((one) => scoreOf(judged, one)).filter(({ recall }) => recall > 0),
    chosen: scoreOf(judged, threshold),
  };
}

/** Of equals the one in the middle. */
function bestOf(thresholds: readonly number[], worthOf: (threshold: number) => number): number {
  const worths = thresholds.map(worthOf);
  const highest = Math.max(...worths);
  const equals = thresholds.filter((_, place) => worths[place] === highest);
  return equals[Math.floor(equals.length / 2)] ?? 1;
}

function scoreOf(judged: Judged, threshold: number): Score {
  const said = judged.filter(([, finding]) => finding !== null && finding.similarity >= threshold);
  const right = said.filter(([arrival, finding]) => arrival.original === finding?.id).length;
  const copies = judged.filter(([{ original }]) => original !== null).length;
  const strangers = judged.length - copies;
  const precision = said.length === 0 ? 1 : right / said.length;
  const recall = copies === 0 ? 0 : right / copies;
  return {
    precision,
    recall,
    f1: right === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    falseMerges: said.filter(([{ original }]) => original === null).length / Math.max(1, strangers),
  };
}

function row(name: string, threshold: number, { precision, recall, f1, falseMerges }: Score): string[] {
  const figures = [precision, recall, f1].map((value) => value.toFixed(3));
  return [name, threshold.toFixed(2), ...figures, percent(falseMerges)];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
