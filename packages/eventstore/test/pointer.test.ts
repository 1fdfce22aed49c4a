import { describe, expect, it } from 'vitest';
import { decodePointer, firstThatFit, type Pointer, unpublished } from '../src/feed/pointer.js';

const lineOf = (...pointer: Pointer): string => JSON.stringify(pointer);

describe('what the feed lacks of a pointer', () => {
  it.each<[string, Pointer[], Pointer[]]>([
    ['all of it, where the stream is not there', [['b', 1, 9]], [['a', 3, 5]]],
    ['all of it, where the feed has what came before', [['a', 1, 2]], [['a', 3, 5]]],
    ['the rest', [['a', 1, 3]], [['a', 4, 5]]],
    ['the last one', [['a', 1, 4]], [['a', 5, 5]]],
    ['nothing', [['a', 1, 5]], []],
    ['nothing, where the feed is further', [['a', 1, 7]], []],
    [
      'the rest after several',
      [
        ['a', 1, 3],
        ['b', 1, 1],
        ['a', 4, 4],
      ],
      [['a', 5, 5]],
    ],
  ])('is %s', (_what, feed, lacking) => {
    expect(
      unpublished(
        feed.map((pointer) => lineOf(...pointer)),
        [['a', 3, 5]],
      ),
    ).toEqual(lacking);
  });
});

describe('pointers that fit into so many bytes', () => {
  const pointers: Pointer[] = [
    ['a', 1, 1],
    ['b', 1, 2],
    ['c', 1, 3],
  ];
  const lines = pointers.map((pointer) => lineOf(...pointer));
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);

  it('are all of them, or the first, and the others are left over', () => {
    expect(firstThatFit(pointers, bytes)).toEqual({ lines, rest: [] });
    const two = firstThatFit(pointers, bytes - 1);
    expect(two).toEqual({ lines: lines.slice(0, 2), rest: [['c', 1, 3]] });
  });

  it('are at least one', () => {
    expect(firstThatFit(pointers, 0)).toEqual({ lines: lines.slice(0, 1), rest: pointers.slice(1) });
    expect(firstThatFit([], 0)).toEqual({ lines: [], rest: [] });
  });

  it('are cut into pieces of a thousand events, of which some may be left over', () => {
    const long: Pointer = ['long', 5, 2_500];
    const pieces: Pointer[] = [
      ['long', 5, 1_004],
      ['long', 1_005, 2_004],
      ['long', 2_005, 2_500],
    ];
    expect(firstThatFit([long], 1_000).lines.map(decodePointer)).toEqual(pieces);
    const { lines: first, rest } = firstThatFit([long, ['a', 1, 1]], 25);
    expect(first.map(decodePointer)).toEqual(pieces.slice(0, 1));
    expect(rest).toEqual([
      ['long', 1_005, 2_500],
      ['a', 1, 1],
    ]);
  });
});
