/** What people do to a text before they hand it in again. */
export interface Edit {
  readonly name: string;
  apply(text: string, random: () => number): string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** Seven ways to change a text and keep it the same text. */
export const edits: readonly Edit[] = [
  { name: 'capitals and white space', apply: (text) => text.toUpperCase().replaceAll(' ', ' \n ') },
  { name: '2 % of the letters mistyped', apply: (text, random) => mistyped(text, 0.02, random) },
  { name: '10 % of the words dropped', apply: (text, random) => dropped(text, 0.1, random) },
  { name: '30 % of the words dropped', apply: (text, random) => dropped(text, 0.3, random) },
  {
    name: 'boilerplate around it',
    apply: (text) =>
      `Welcome to our archive of public addresses. Sign up for the weekly newsletter. ${text} ` +
      'All rights reserved. Share this page with your friends. Terms of use and privacy policy.',
  },
  {
    name: 'first half only',
    apply: (text) => {
      const words = text.split(' ');
      return words.slice(0, Math.ceil(words.length / 2)).join(' ');
    },
  },
  { name: 'sentences in another order', apply: (text, random) => shuffled(text, random) },
];

function mistyped(text: string, share: number, random: () => number): string {
  const mistype = (letter: string): string =>
    random() < share ? (letters[Math.floor(random() * letters.length)] ?? letter) : letter;
  return text.replaceAll(/[a-z]/gi, mistype);
}

function dropped(text: string, share: number, random: () => number): string {
  return text
    .split(' ')
    .filter(() => random() >= share)
    .join(' ');
}

function shuffled(text: string, random: () => number): string {
  return text
    .split(/(?<=[.;:?!,]) /)
    .map((part) => ({ part, order: random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ part }) => part)
    .join(' ');
}
