import { InvalidArgumentError, stringToBytes } from '@norikv/store';

/** What the id of a stored vector says. */
export interface VectorName {
  readonly id: string;
  readonly generation: number;
  readonly part: number;
}

const longestIdBytes = 400;

/** Vectors of different generations of one record never share an id, so an update never shows a mixture. */
export function vectorId({ id, generation, part }: VectorName): string {
  return `${id}#${generation}#${part}`;
}

/** Reads an id made by {@link vectorId}; null for any other. */
export function parseVectorId(text: string): VectorName | null {
  const [, id, generation, part] = /^(.+)#(\d+)#(\d+)$/s.exec(text) ?? [];
  return id === undefined ? null : { id, generation: Number(generation), part: Number(part) };
}

/** Throws unless the value can name a record. */
export function checkId(id: string): void {
  const isText = typeof id === 'string' && id !== '' && id.isWellFormed();
  const bytes = isText ? stringToBytes(id).length : 0;
  if (isText && bytes <= longestIdBytes) return;
  const shown = isText ? `${bytes} bytes long` : JSON.stringify(id);
  throw new InvalidArgumentError(
    `id is ${shown}; use a well-formed string of 1 to ${longestIdBytes} bytes; a long one can be hashed`,
  );
}
