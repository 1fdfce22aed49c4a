import { describe, expect, it, onTestFinished } from 'vitest';
import { chunksOf } from '../src/search/chunking.js';
import { stemOf, termsOf, wordsOf } from '../src/search/words.js';

const cut = (text: string, options = {}): string[] =>
  chunksOf(text, options).map(([start, end]) => text.slice(start, end));

describe('chunks', () => {
  const sentences = ['One is here.', 'Two is here.', 'Three is here.', 'Four is here.', 'Five is here.'];
  const text = ` ${sentences.join(' ')}\n`;

  it('are windows of sentences that overlap', () => {
    expect(cut(text)).toEqual([sentences.slice(0, 3).join(' '), sentences.slice(2).join(' ')]);
    expect(cut(text, { sentences: 2, overlap: 0 })).toEqual([
      sentences.slice(0, 2).join(' '),
      sentences.slice(2, 4).join(' '),
      sentences[4],
    ]);
    expect(cut('Only one')).toEqual(['Only one']);
    expect(cut(' \n ')).toEqual([]);
  });

  it('are the same whatever the language of the machine', () => {
    const { Segmenter } = Intl;
    class GreekSegmenter extends Segmenter {
      constructor(locale: string = 'el', options?: Intl.SegmenterOptions) {
        super(locale, options);
      }
    }
    Object.assign(Intl, { Segmenter: GreekSegmenter });
    onTestFinished(() => void Object.assign(Intl, { Segmenter }));
    expect(cut('He came; she left.', { sentences: 1, overlap: 0 })).toEqual(['He came; she left.']);
  });

  it('hold at most so many words, and leave none out', () => {
    expect(cut(text, { maxWords: 7 })).toEqual([
      'One is here. Two is here.',
      'Two is here. Three is here.',
      'Three is here. Four is here.',
      'Four is here. Five is here.',
    ]);
    expect(cut(text, { maxWords: 4 })).toEqual(sentences);
    const long = Array.from({ length: 250 }, (_, number) => `w${number}`).join(' ');
    const pieces = cut(long);
    expect(pieces.map((piece) => piece.split(' ').length)).toEqual([100, 100, 50]);
    expect(pieces.join(' ')).toBe(long);
  });
});

describe('words', () => {
  it('are found in any script, with their places', () => {
    expect(wordsOf('Größe, 42 мира').map(({ stem, start, end }) => [stem, start, end])).toEqual([
      ['größ', 0, 5],
      ['42', 7, 9],
      ['мира', 10, 14],
    ]);
  });

  it('are equal in number and tense', () => {
    const groups = [
      ['treaty', 'treaties'],
      ['make', 'makes', 'making'],
      ['plan', 'plans', 'planned', 'planning'],
      ['church', 'churches'],
      ['carry', 'carries', 'carried'],
      ['nation', 'nations'],
      ['quick', 'quickly'],
      ['happy', 'happily'],
      ['box', 'boxes'],
      ['house', 'houses', 'housing'],
    ];
    for (const group of groups) expect(new Set(group.map(stemOf)).size, group.join()).toBe(1);
  });

  it('are left alone where an ending is none', () => {
    for (const word of ['congress', 'this', 'bus', 'sing', 'red', 'king', 'fly', 'bring', 'gas', 'bees']) {
      expect(stemOf(word)).toBe(word === 'bees' ? 'bee' : word);
    }
  });

  it('of a query are those that tell, or all if none does', () => {
    expect([...termsOf('What is The state of the Union?')]).toEqual(['stat', 'union']);
    expect([...termsOf('to be or not to be')]).toEqual(['to', 'be', 'or', 'not']);
  });
});
