/**
 * DynamoDB's time to live: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html and
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 */
import type { Clock } from '../../clock.ts';
import type { Engine } from './engine.ts';

type Item = Readonly<Record<string, unknown>>;

/** How long after its expiry an item is deleted here, in milliseconds: DynamoDB names a few days. */
const lateMs = 48 * 3_600_000;

/** How often expired items are looked for, in milliseconds. */
const everyMs = 24 * 3_600_000;

/** Items that expired longer ago stay, in milliseconds: a wrong unit of time must not empty a table. */
const oldestMs = 5 * 365 * 24 * 3_600_000;

/**
 * Deletes items past their time to live, two to three days after it. Until then they can be read and written like any
 * other.
 */
export class Expiry {
  readonly #clock: Clock;
  readonly #engine: Engine;
  readonly #tables = new Map<string, { readonly attribute: string; nextAt: number }>();

  constructor(clock: Clock, engine: Engine) {
    this.#clock = clock;
    this.#engine = engine;
  }

  /** Begins for a table. @param attribute the number with each item's expiry, in seconds since the epoch */
  enable(table: string, attribute: string): void {
    this.#tables.set(table, { attribute, nextAt: this.#clock.now() + everyMs });
  }

  disable(table: string): void {
    this.#tables.delete(table);
  }

  /** Deletes what is due by now. It is called before each request, so no timer keeps a clock going. */
  async deleteDue(keysOf: (table: string) => readonly string[]): Promise<void> {
    const now = this.#clock.now();
    for (const [table, one] of this.#tables) {
      if (now < one.nextAt) continue;
      one.nextAt = now + everyMs;
      await this.#deleteFrom(table, one.attribute, keysOf(table), now);
    }
  }

  async #deleteFrom(TableName: string, attribute: string, keys: readonly string[], now: number): Promise<void> {
    const seconds = (ms: number) => ({ N: String(Math.floor((now - ms) / 1_000)) });
    const due = {
      ExpressionAttributeNames: { '#expiry': attribute },
      ExpressionAttributeValues: { ':from': seconds(oldestMs), ':to': seconds(lateMs) },
    };
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = (await this.#engine.run('scan', {
        ...{ TableName, ...due, FilterExpression: '#expiry BETWEEN :from AND :to' },
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      })) as { Items: readonly Item[]; LastEvaluatedKey?: Item };
      for (const item of page.Items) {
        const Key = Object.fromEntries(keys.map((name) => [name, item[name]]));
        await this.#engine.run('deleteItem', { TableName, Key });
      }
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }
}
