import { CorruptRecordError } from '@norikv/cas-retry';

/** What is kept of a product. */
export interface Product {
  readonly name: string;
  readonly description: string;
  readonly category: string;
}

/** Reads what is stored of a product, or throws. */
export function decodeProduct(json: unknown, key: string): Product {
  const { name, description, category } = (json ?? {}) as Product;
  if ([name, description, category].every((text) => typeof text === 'string')) {
    return { name, description, category };
  }
  throw new CorruptRecordError(`The record "${key}" is no product; index it again, or remove it`, { key });
}

/** The text a product is embedded by. */
export function textOf({ name, description, category }: Product): string {
  return `${name} ${description} ${category}`;
}
