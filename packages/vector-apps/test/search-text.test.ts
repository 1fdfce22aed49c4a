import { describe, expect, it, onTestFinished } from 'vitest';
import { chunksOf } from '../src/search/chunking.js';
import { askedBy, comparable, placedWordsOf, stemOf, wordsOf } from '../src/search/words.js';

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

  it('hold at most so many words of a script without spaces, and leave nothing out', () => {
    const long = `「${'私は東京、大阪に。住んで'.repeat(100)}」`;
    const pieces = cut(long, { sentences: 1, overlap: 0, maxWords: 5 });
    expect(pieces.join('')).toBe(long);
    expect(pieces.filter((piece) => /^[、。」]/.test(piece))).toEqual([]);
    expect(Math.max(...pieces.map((piece) => placedWordsOf(piece).length))).toBe(5);
  });
});

describe('words', () => {
  it('are found in any script, with their places', () => {
    expect(placedWordsOf('Größe, 42 мира')).toEqual([
      { word: 'Größe', start: 0, end: 5 },
      { word: '42', start: 7, end: 9 },
      { word: 'мира', start: 10, end: 14 },
    ]);
  });

  it('are those of a dictionary in scripts without spaces, and of these alone', () => {
    expect(wordsOf('私は東京①に住む。iPhone15と①コーヒー')).toEqual(
      '私 は 東京 ① に 住む iPhone15 と ① コーヒー'.split(' '),
    );
    expect(wordsOf('ฉันรักภาษาไทย')).toEqual(['ฉัน', 'รัก', 'ภาษา', 'ไทย']);
    expect(wordsOf('𠮷 한국어를 x①y 東京 x①y')).toEqual(['𠮷', '한국어를', 'x①y', '東京', 'x①y']);
    const text = ' 「私は東京に」 住む';
    const words = placedWordsOf(text);
    expect(['', ...words.map(({ word }) => word)]).toEqual(wordsOf(text));
    for (const { word, start, end } of words) expect(text.slice(start, end)).toBe(word);
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
    expect(comparable('Treaties')).toBe('treaty');
  });

  it('are left alone where an ending is none', () => {
    for (const word of ['congress', 'this', 'bus', 'sing', 'red', 'king', 'fly', 'bring', 'gas', 'bees']) {
      expect(stemOf(word)).toBe(word === 'bees' ? 'bee' : word);
    }
  });

  it('of a query are those that tell, or all if none does', () => {
    expect([...askedBy('What is The state of the Union?').terms]).toEqual(['stat', 'union']);
    expect([...askedBy('to be or not to be?').terms]).toEqual(['to', 'be', 'or', 'not']);
    expect([...askedBy('Union, state', (word) => (word === 'state' ? '' : word)).terms]).toEqual(['Union']);
  });
});
