import { InvalidArgumentError } from 'commander';

/** Chance is mixed from 32 bits of each number; a larger one would be another's double. */
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
