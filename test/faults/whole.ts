import { InvalidArgumentError } from 'commander';

/** Random numbers are mixed from 32 bits of each number; a larger number would repeat another's. */
const most32 = 2 ** 32 - 1;

/**
 * Reads an option that is a whole number.
 *
 * @returns a reader for commander, which throws InvalidArgumentError with the range for anything else
 */
export function whole(least: number, most = most32): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Accepted is a whole number from ${least} to ${most}.`);
  };
}
