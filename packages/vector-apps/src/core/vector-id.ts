import { checkText } from '@norikv/store/checks';

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

/** @throws InvalidArgumentError unless the value can name a record: well-formed text of 1 to 400 bytes. */
export function checkId(id: string, name = 'id'): void {
  checkText(name, id, longestIdBytes);
}
