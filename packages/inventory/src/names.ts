import { checkText, refuse } from '@norikv/store/checks';

/** Which stock: an SKU, maybe at one of several locations. The empty location is the default one. */
export interface StockName {
  readonly sku: string;
  readonly location: string;
}

/** What a reservation id says. Without a bucket the record is found by the token. */
export interface ReservationName extends StockName {
  readonly bucket: number | undefined;
  readonly token: string;
}

const longestSkuBytes = 256;
const longestLocationBytes = 64;
const longestToken = 64;
const idPattern = /^([^@#]+)(?:@([^@#]+))?(?:#(\d+))?:([^:]+)$/;

/** @throws InvalidArgumentError for names that are empty, too long or not well-formed Unicode. */
export function stockName(sku: string, location: string | undefined): StockName {
  checkText('sku', sku, longestSkuBytes);
  if (location !== undefined) checkText('location', location, longestLocationBytes);
  return { sku, location: location ?? '' };
}

/** The key of a record of stock. An SKU without special characters stands in it as it is. */
export function stockKey(prefix: string, name: StockName, bucket: number): string {
  return `${prefix}:${nameText(name, bucket || undefined)}`;
}

/** An id as it stands in a record: text without a colon, and without anything JSON would write longer. */
export function tokenOf(option: string, id: string): string {
  checkText(option, id, longestToken);
  const token = encodeURIComponent(id);
  if (token.length <= longestToken) return token;
  return refuse(
    option,
    id,
    `at most ${longestToken} characters, or hash it (others than letters, digits and -_.!~*'() count three or more)`,
  );
}

/** The reservation id for a name. No two names have the same one, since `@`, `#` and `:` are escaped in their parts. */
export function formatReservation({ token, bucket, ...name }: ReservationName): string {
  return `${nameText(name, bucket)}:${token}`;
}

/** @throws InvalidArgumentError for text that no reservation has as its id. */
export function parseReservation(reservationId: string): ReservationName {
  const [, sku, location, bucket, token] =
    (typeof reservationId === 'string' && idPattern.exec(reservationId)) || [];
  if (sku !== undefined && token !== undefined) {
    const name: ReservationName = {
      sku: unescaped(sku),
      location: unescaped(location ?? ''),
      bucket: bucket === undefined ? undefined : Number(bucket),
      token,
    };
    if (formatReservation(name) === reservationId) return name;
  }
  return refuse('reservationId', reservationId, 'one that reserve() returned, or reservationId(sku, id)');
}

/**
 * The reservation id that `reserve(sku, quantity, { id })` returns: what a process that lost everything but
 * its order number commits or releases.
 *
 * @example
 * ```ts
 * await inventory.commit(reservationId('SKU-12345', 'order-17'));
 * ```
 *
 * @throws InvalidArgumentError for a bad name.
 */
export function reservationId(sku: string, id: string, location?: string): string {
  return formatReservation({ ...stockName(sku, location), bucket: undefined, token: tokenOf('id', id) });
}

function nameText({ sku, location }: StockName, bucket: number | undefined): string {
  const at = location && `@${escaped(location)}`;
  return escaped(sku) + at + (bucket === undefined ? '' : `#${bucket}`);
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('@', '%40').replaceAll('#', '%23');
}

function unescaped(text: string): string {
  return text.replaceAll('%40', '@').replaceAll('%23', '#').replaceAll('%25', '%');
}
