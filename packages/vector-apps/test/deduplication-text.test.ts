import { createMemoryStore } from '@norikv/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../src/deduplication/comparison.js';
import { fingerprintOf, withVector } from '../src/deduplication/fingerprint.js';
import { guardedFactsOf, objectionTo } from '../src/deduplication/guard.js';
import { bandsOf, jaccard, signatureOf } from '../src/deduplication/min-hash.js';
import { normalise, numbersOf, wordsOf } from '../src/deduplication/normalise.js';
import type { DeduplicatorOptions } from '../src/index.js';
import { DocumentDeduplicator, passage } from './deduplication/world.js';

describe('a normalised text', () => {
  it('has lost Unicode forms, case and white space, and nothing else', () => {
    expect(normalise(' Ｃafe\u0301 \n\tAU  lait! ')).toBe('café au lait!');
    expect(normalise(normalise('ǅ ﬁ ½ '))).toBe(normalise('ǅ ﬁ ½ '));
  });

  it('is the same in capitals, also of letters that are one sign in lower case only', () => {
    for (const word of ['προΐσταμαι', 'ǰ', 'H\u0331ẖ', 'ῥῖγος'.normalize('NFD')]) {
      expect(normalise(word.toUpperCase())).toBe(normalise(word));
      expect(normalise(normalise(word.toUpperCase()))).toBe(normalise(word));
    }
  });

  it('keeps figures that NFKC would make digits of', () => {
    const texts = [
      '10²',
      '102',
      '10₂',
      '10①',
      '101',
      '1½',
      '11⁄2',
      '2㏠',
      '21日',
      '10⁻²',
      '-5',
      '5',
      '$5',
      '€5',
      '5%',
    ];
    expect(new Set(texts.map(normalise)).size).toBe(texts.length);
    expect(normalise('１２ ½')).toBe('12 ½');
  });

  it('has numbers with the signs that change what they say', () => {
    expect(numbersOf('-5 to 10² a-5 2020-2021, −$1,234.50 covid19')).toEqual([
      '-5',
      '10²',
      '5',
      '2020',
      '2021',
      '-$1,234.50',
      'covid19',
    ]);
    expect(numbersOf('$5 5 €, 5% 5 % 20°c $ 5 $6 (-7) –8 x')).toEqual([
      '$5',
      '5€',
      '5%',
      '5%',
      '20°',
      '$5',
      '$6',
      '-7',
      '-8',
    ]);
    expect(numbersOf('no digits at all')).toEqual([]);
  });

  it('is found in a megabyte of one word', () => {
    expect(numbersOf('a'.repeat(1_000_000))).toEqual([]);
  });

  it('consists of words, numbers and nothing in between', () => {
    expect(wordsOf("don't pay 1,234.50 to a-b, über.")).toEqual([
      "don't",
      'pay',
      '1,234.50',
      'to',
      'a',
      'b',
      'über',
    ]);
  });
});

describe('a MinHash signature', () => {
  it('estimates the Jaccard similarity', async () => {
    const all = passage('a').split(' ');
    for (const [from, to] of [
      [0, 60],
      [10, 60],
      [30, 60],
    ] as const) {
      const exact = (60 - from) / 60;
      const estimate = jaccard(await signatureOf(all), await signatureOf(all.slice(from, to)));
      expect(Math.abs(estimate - exact)).toBeLessThan(0.13);
    }
  });

  it('shares a band with that of a similar set, and none with that of another', async () => {
    const bands = async (text: string) => bandsOf(await signatureOf(text.split(' ')));
    const one = await bands(passage('a'));
    const [similar, other] = [await bands(passage('a', 6)), await bands(passage('b'))];
    expect(new Set(one).size).toBe(32);
    expect(one.filter((band) => similar.includes(band))).not.toEqual([]);
    expect(one.filter((band) => other.includes(band))).toEqual([]);
  });

  it('does not depend on the order, or on how often a word occurs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string(), { minLength: 1 }), async (words) => {
        expect(await signatureOf([...words].reverse().concat(words))).toEqual(await signatureOf(words));
      }),
    );
  });

  it('lets the event loop turn while it is taken of many words', async () => {
    let isDone = false;
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await signatureOf(Array.from({ length: 20_000 }, (_, number) => `w${number}`));
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(20);
  });
});

describe('the guard', () => {
  const facts = (text: string) => guardedFactsOf(wordsOf(text), numbersOf(text));

  it('objects to numbers that differ on both sides, and to negations', () => {
    expect(objectionTo(facts('order 1234'), facts('order 9876'))).toBe('numbers');
    expect(objectionTo(facts('order 1234'), facts('order'))).toBeNull();
    expect(objectionTo(facts('it is'), facts("it isn't"))).toBe('negation');
    expect(objectionTo(facts('it is not'), facts('it was not'))).toBeNull();
  });

  it('objects to signs that differ', () => {
    for (const [left, right] of [
      ['-5', '5'],
      ['$5', '€5'],
      ['5%', '5'],
      ['10²', '102'],
      ['1½', '1⅓'],
    ] as const) {
      expect(objectionTo(facts(`it is ${left} now`), facts(`it is ${right} now`))).toBe('numbers');
    }
  });

  it('overlooks what is a small part of the differences', () => {
    expect(objectionTo(facts('order 1234'), facts('order 9876'), 8)).toBe('numbers');
    expect(objectionTo(facts('order 1234'), facts('order 9876'), 9)).toBeNull();
    expect(objectionTo(facts('not'), facts(''), 5)).toBeNull();
  });

  it('tells long words with digits apart', () => {
    const key = (end: string): string => `${'a1'.repeat(30)}${end}`;
    expect(objectionTo(facts(`key ${key('b')}`), facts(`key ${key('c')}`))).toBe('numbers');
    expect(objectionTo(facts(`key ${key('b')}`), facts(`the key ${key('b')}`))).toBeNull();
  });

  it('does not compare numbers where there are too many', () => {
    const many = Array.from({ length: 65 }, (_, number) => String(number)).join(' ');
    expect(objectionTo(facts(many), facts('1234'))).toBeNull();
    expect(objectionTo(facts('1234'), facts(many))).toBeNull();
  });
});

it('compares in both directions alike', async () => {
  const thresholds = { near: 0.4, semantic: 0.9, review: 0.8 };
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'not', '12', '13'), { maxLength: 8 });
  const vector = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 });
  const texts = fc.tuple(words, vector);
  const fingerprint = async ([text, numbers]: readonly [string[], number[]]) =>
    withVector(await fingerprintOf(text.join(' '), 2), Float32Array.from(numbers));
  await fc.assert(
    fc.asyncProperty(texts, texts, async (one, other) => {
      const [left, right] = [await fingerprint(one), await fingerprint(other)];
      expect(compare(left, right, thresholds)).toEqual(compare(right, left, thresholds));
    }),
  );
});

describe('options', () => {
  const open = (options: unknown, threshold?: number) => () =>
    new DocumentDeduplicator(createMemoryStore(), null, threshold, options as DeduplicatorOptions);

  it.each([
    ['policy', { policy: 'keep' }],
    ['embedderFailure', { embedderFailure: 'ignore' }],
    ['reviewThreshold', { reviewThreshold: 0.96 }],
    ['near.threshold', { near: { threshold: 0 } }],
    ['near.minWords', { near: { minWords: 0.5 } }],
    ['maxContentLength', { maxContentLength: 0 }],
    ['maxAliases', { maxAliases: 0 }],
    ['bandLimit', { bandLimit: 5_000 }],
    ['leaseMs', { leaseMs: -1 }],
    ['pollMs', { pollMs: Number.NaN }],
  ])('a wrong %s is refused by name', (name, options) => {
    expect(open(options)).toThrow(name);
    expect(open(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each([0, 1.5, Number.NaN])('the threshold %d is refused', (threshold) => {
    expect(open({}, threshold)).toThrow('threshold');
  });

  it('a store without the guarantees is refused, unless the caller wants it', () => {
    const { capabilities, ...bare } = createMemoryStore();
    expect(capabilities.atomicCas).toBe(true);
    expect(() => new DocumentDeduplicator(bare)).toThrow(/atomicCas/);
    expect(() => new DocumentDeduplicator(bare, null, 0.95, { unsafeAllowNonAtomicCas: true })).not.toThrow();
  });

  it('ids and contents are checked', async () => {
    const dedup = new DocumentDeduplicator(createMemoryStore());
    await expect(dedup.checkAndStore('', 'x')).rejects.toThrow('docId is ""; use');
    await expect(dedup.checkAndStore('a', null as unknown as string)).rejects.toThrow('content is null');
    await expect(dedup.checkAndStore('a', 7 as unknown as string)).rejects.toThrow(
      'content is 7; use a string',
    );
  });

  it('a text that is too long is refused, with what to do', async () => {
    const dedup = new DocumentDeduplicator(createMemoryStore(), null, 0.95, { maxContentLength: 10 });
    expect((await dedup.checkAndStore('a', '1234567890')).action).toBe('admitted');
    await expect(dedup.checkAndStore('b', '12345678901')).rejects.toThrow(
      'content is 11 characters long; use up to 10, split it, or set maxContentLength',
    );
    expect(await dedup.get('b')).toBeNull();
  });

  it('a text that is one long word with digits is kept by its hash, and can be replaced', async () => {
    const store = createMemoryStore();
    const dedup = new DocumentDeduplicator(store);
    const text = (end: string): string => `0x${'f0'.repeat(400_000)}${end}`;
    expect((await dedup.checkAndStore('a', text('1'))).action).toBe('admitted');
    expect((await dedup.checkAndStore('a', text('2'))).action).toBe('updated');
    expect(await dedup.checkAndStore('b', text('2'))).toMatchObject({ duplicateOf: 'a', stage: 'exact' });
    expect((await store.get('dedup:doc_fingerprints:doc/a')).value.length).toBeLessThan(1_000);
  });

  it('near copies whose numbers differ in a sign are left to a person', async () => {
    const dedup = new DocumentDeduplicator(createMemoryStore());
    await dedup.checkAndStore('a', `${passage('a')} comes to -5 percent`);
    expect(await dedup.checkAndStore('b', `${passage('a')} comes to 5 percent`)).toMatchObject({
      isDuplicate: false,
      review: { id: 'a', objection: 'numbers' },
    });
  });

  it('prefixes keep deduplicators apart', async () => {
    const store = createMemoryStore();
    const one = new DocumentDeduplicator(store, null, 0.95, { prefix: 'one:' });
    const other = new DocumentDeduplicator(store, null, 0.95, { namespace: 'other' });
    await one.checkAndStore('a', 'x');
    expect((await other.checkAndStore('b', 'x')).isDuplicate).toBe(false);
  });

  it('works where keys do not expire', async () => {
    const store = createMemoryStore({ capabilities: { ttl: 'none' } });
    const dedup = new DocumentDeduplicator(store);
    await dedup.checkAndStore('a', 'x');
    await dedup.removeDocument('a');
    expect((await dedup.checkAndStore('b', 'x')).action).toBe('admitted');
  });

  it('a full band takes nobody in, and the others still find a copy', async () => {
    const dedup = new DocumentDeduplicator(createMemoryStore(), null, 0.95, { bandLimit: 1 });
    await dedup.checkAndStore('a', passage('a'));
    await dedup.checkAndStore('b', passage('a', 30));
    expect((await dedup.checkAndStore('c', passage('a', 30))).duplicateOf).toBe('b');
    expect((await dedup.checkAndStore('d', passage('a', 2))).duplicateOf).toBe('a');
    expect(await dedup.verify()).toMatchObject({ isClean: true });
  });
});
