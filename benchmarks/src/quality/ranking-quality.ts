/** Somebody for whom is guessed: what is known of them, and what they took besides. */
export interface Judged {
  readonly known: readonly number[];
  readonly hidden: ReadonlySet<number>;
}

/** How good the guesses for one user are. */
interface Quality {
  /** Gain of the first 10, those further down discounted, as a share of the best possible. */
  readonly ndcg: number;
  /** Share of what was hidden that is among the first 20. */
  readonly recall: number;
}

/** How good guesses are, in the mean. */
export interface MeanQuality extends Quality {
  /** Share of all items that are among the first 10 of anybody. */
  readonly coverage: number;
  /** For each user, in their order. */
  readonly each: readonly Quality[];
}

/** Judges the guesses for each user. */
export function judge(
  users: readonly Judged[],
  guesses: readonly (readonly number[])[],
  items: number,
): MeanQuality {
  const each = users.map(({ hidden }, place) => qualityOf(guesses[place] ?? [], hidden));
  const shown = new Set(guesses.flatMap((guess) => guess.slice(0, 10)));
  return {
    ndcg: mean(each.map(({ ndcg }) => ndcg)),
    recall: mean(each.map(({ recall }) => recall)),
    coverage: shown.size / items,
    each,
  };
}

function qualityOf(guess: readonly number[], hidden: ReadonlySet<number>): Quality {
  let gain = 0;
  let best = 0;
  for (let place = 0; place < 10; place += 1) {
    const worth = 1 / Math.log2(place + 2);
    if (hidden.has(guess[place] ?? -1)) gain += worth;
    if (place < hidden.size) best += worth;
  }
  const found = guess.slice(0, 20).filter((item) => hidden.has(item)).length;
  return { ndcg: gain / best, recall: found / hidden.size };
}

/** The 95 % interval of the ratio of two means over the same users, by drawing users again and again. */
export function ratioInterval(
  left: readonly number[],
  right: readonly number[],
  random: () => number,
): readonly [number, number] {
  const draws = 1_000;
  const ratios = Array.from({ length: draws }, () => {
    let [above, below] = [0, 0];
    for (let drawn = 0; drawn < left.length; drawn += 1) {
      const user = Math.floor(random() * left.length);
      above += left[user] ?? 0;
      below += right[user] ?? 0;
    }
    return above / below;
  }).sort((one, other) => one - other);
  return [ratios[Math.floor(draws * 0.025)] ?? 0, ratios[Math.floor(draws * 0.975)] ?? 0];
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
