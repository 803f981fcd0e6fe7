/**
 * How hard a fault strikes, when, and whom. The fault matrix draws it; a fault that is planted by name is {@link
 * steady}.
 */
export interface Random {
  /** A whole number, both ends included. */
  int(from: number, to: number): number;
  /** A time, in the unit of its ends. */
  time(from: number, to: number): number;
  /** True for this share of all calls. */
  chance(share: number): boolean;
  /** True for this share of all nodes. */
  strikesNode(share: number): boolean;
  /** One of a list. */
  pick<T>(list: readonly T[]): T;
}

/**
 * No chance at all: every node is struck, at once and in the middle of each range of time. Of a list the last is
 * taken, and a share of calls is spread evenly over them, beginning with the first.
 */
export function steady(): Random {
  let owed = 1;
  return {
    int: (from) => from,
    time: (from, to) => Math.round((from + to) / 2),
    chance(share) {
      const strikes = owed >= 1;
      owed += share - (strikes ? 1 : 0);
      return strikes;
    },
    strikesNode: () => true,
    pick(list) {
      const last = list.at(-1);
      if (last === undefined) throw new Error('there is nothing to pick from');
      return last;
    },
  };
}
