import { AwsError } from '../../gateway/service.ts';

/**
 * One page of a list.
 *
 * @param input the page size and position; `maxResults` 0 means the default
 * @throws AwsError InvalidToken for a nextToken that no page returned
 */
export function pageOf<Item>(
  all: readonly Item[],
  input: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
  byDefault: number,
  most: number,
): { readonly items: readonly Item[]; readonly next: { readonly nextToken?: string } } {
  const start = input.nextToken === undefined ? 0 : Number(Buffer.from(input.nextToken, 'base64').toString());
  if (!Number.isInteger(start) || start < 0) throw new AwsError('InvalidToken', `Invalid Token: '${input.nextToken}'`);
  const size = input.maxResults || byDefault;
  if (size > most) throw new AwsError('ValidationException', `maxResults must be at most ${most}, not ${size}`);
  const end = start + size;
  return {
    items: all.slice(start, end),
    next: end < all.length ? { nextToken: Buffer.from(String(end)).toString('base64') } : {},
  };
}
