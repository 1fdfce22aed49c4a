import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A Debian package that others depend on. */
export interface Dependency {
  readonly name: string;
  readonly description: string;
  readonly section: string;
}

/** What one source package depends on: places in the list of dependencies. */
type Basket = readonly number[];

/** Source packages as baskets of dependencies: real choices of people, though not of shoppers. */
export interface Baskets {
  readonly dependencies: readonly Dependency[];
  readonly baskets: readonly Basket[];
}

const leastInBasket = 10;
const leastOfDependency = 5;

/** The baskets of all packages that apt knows, or null where there is no apt. */
export async function debianBaskets(): Promise<Baskets | null> {
  const text = await promisify(execFile)('apt-cache', ['dumpavail'], { maxBuffer: 2 ** 29 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const known = new Map<string, Dependency & { readonly source: string }>();
  const wanted = new Map<string, Set<string>>();
  for (const paragraph of text.split('\n\n')) {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    const name = field('Package');
    if (name === '' || known.has(name)) continue;
    const source = (field('Source') || name).split(' ')[0] ?? name;
    known.set(name, { name, description: field('Description'), section: field('Section'), source });
    const names = wanted.get(source) ?? new Set<string>();
    for (const one of field('Depends').split(',')) names.add(one.trim().split(/[ (:|]/)[0] ?? '');
    wanted.set(source, names);
  }
  let baskets = [...wanted].map(([source, names]) =>
    [...names].filter((name) => known.has(name) && known.get(name)?.source !== source),
  );
  // Leaving out what is rare makes baskets smaller, and leaving out small baskets makes more things rare.
  for (let size = -1; size !== baskets.length; ) {
    size = baskets.length;
    const counts = new Map<string, number>();
    for (const name of baskets.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
    baskets = baskets
      .map((names) => names.filter((name) => (counts.get(name) ?? 0) >= leastOfDependency))
      .filter((names) => names.length >= leastInBasket);
  }
  if (baskets.length === 0) return null;
  const names = [...new Set(baskets.flat())];
  const places = new Map(names.map((name, place) => [name, place]));
  return {
    dependencies: names.flatMap((name) => known.get(name) ?? []),
    baskets: baskets.map((basket) => basket.map((name) => places.get(name) ?? 0)),
  };
}
