import { highlight, type SearchResult } from '@norikv/vector-apps';
import type { Source } from './passages.js';

/** How the words of the question are marked. */
export interface Marks {
  readonly before: string;
  readonly after: string;
}

/** Bold on a terminal, stars elsewhere. */
export function marksFor(isTerminal: boolean): Marks {
  return isTerminal ? { before: '\x1b[1m', after: '\x1b[22m' } : { before: '**', after: '**' };
}

const lineWidth = 96;

/** One answer, for people. */
export function answerText(result: SearchResult<Source>, place: number, { before, after }: Marks): string {
  const { metadata, score, passage, explanation } = result;
  const head = `${place}. ${score.toFixed(2)}  ${metadata.year}, ${metadata.president}`;
  const text = highlight(passage.text, passage.highlights, before, after);
  const lines = [head, ...wrapped(text).map((line) => `   ${line}`)];
  if (explanation) lines.push(`   [${reasons(explanation).join('; ')}]`);
  return lines.join('\n');
}

function reasons({ vector, lexical }: NonNullable<SearchResult<Source>['explanation']>): string[] {
  const found: string[] = [];
  if (vector) {
    const similarity = `cosine ${vector.score.toFixed(2)}`;
    found.push(`by meaning place ${vector.rank}, ${similarity}, +${vector.contribution.toFixed(2)}`);
  }
  if (lexical) {
    const words = lexical.terms.join(', ');
    found.push(`by words place ${lexical.rank} (${words}), +${lexical.contribution.toFixed(2)}`);
  }
  return found;
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > lineWidth) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
