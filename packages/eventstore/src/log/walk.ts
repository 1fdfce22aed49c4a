import { type Head, type Ref, tailFirst } from './head.js';

/** Which versions to read: both ends included. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly backward: boolean;
}

/** Consecutive lines, oldest first. */
export interface Slice {
  readonly first: number;
  readonly lines: readonly string[];
}

/** Where the walk gets what lies outside the head. Undefined: it is gone. */
export interface Shelves {
  page(level: number, ref: Ref): Promise<readonly Ref[] | undefined>;
  lines(ref: Ref): Promise<readonly string[] | undefined>;
  /** Called for what is gone: returns if it was cut off after the head was read, else throws. */
  missing(ref: Ref): Promise<void>;
}

/** Reads lines in order, in slices, with up to `prefetch` reads under way. */
export async function* walk(
  head: Head,
  span: Span,
  shelves: Shelves,
  prefetch: number,
): AsyncGenerator<Slice> {
  const first = Math.max(span.from, head.first);
  const last = Math.min(span.to, head.last);
  const within = { ...span, from: first, to: last };
  if (first > last) return;
  const tail = cut({ first: tailFirst(head), lines: head.lines }, within);
  if (span.backward && tail) yield tail;
  const fetches = refsOf(head, within, shelves);
  for await (const slice of prefetched(fetches, (ref) => fetch(ref, shelves), prefetch)) {
    const wanted = slice && cut(slice, within);
    if (wanted) yield wanted;
  }
  if (!span.backward && tail) yield tail;
}

async function fetch(ref: Ref, shelves: Shelves): Promise<Slice | undefined> {
  const lines = await shelves.lines(ref);
  if (!lines) await shelves.missing(ref);
  return lines && { first: ref[0], lines };
}

/** The references that overlap the span, in reading order; index pages are opened on the way. */
async function* refsOf(head: Head, span: Span, shelves: Shelves): AsyncGenerator<Ref> {
  const levels = [...head.index.entries()];
  for (const [level, refs] of span.backward ? levels : levels.reverse()) {
    yield* opened(level, refs, span, shelves);
  }
}

async function* opened(
  level: number,
  refs: readonly Ref[],
  span: Span,
  shelves: Shelves,
): AsyncGenerator<Ref> {
  const overlapping = refs.filter(([first, last]) => first <= span.to && last >= span.from);
  for (const ref of span.backward ? overlapping.reverse() : overlapping) {
    if (level === 0) {
      yield ref;
      continue;
    }
    const below = await shelves.page(level, ref);
    if (below) yield* opened(level - 1, below, span, shelves);
    else await shelves.missing(ref);
  }
}

/** Starts up to `limit` reads ahead of the reader, and gives results in order. */
async function* prefetched<Item, Result>(
  items: AsyncGenerator<Item>,
  read: (item: Item) => Promise<Result>,
  limit: number,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const result = read(item);
    // A reader that stops early is not to be bothered with reads that fail later.
    result.catch(() => {});
    underWay.push(result);
    const [oldest] = underWay;
    if (underWay.length >= limit && oldest) {
      yield await oldest;
      underWay.shift();
    }
  }
  yield* underWay;
}

function cut({ first, lines }: Slice, { from, to }: Span): Slice | undefined {
  const start = Math.max(0, from - first);
  const wanted = lines.slice(start, Math.max(0, to - first + 1));
  return wanted.length > 0 ? { first: first + start, lines: wanted } : undefined;
}
