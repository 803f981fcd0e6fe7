import { logger } from './telemetry.ts';

/**
 * Work in parts that do not block each other: a part that fails is logged, the others go on, and the whole fails at the
 * end.
 */
export class Failures {
  readonly #errors: unknown[] = [];

  /**
   * Does one part of the work.
   *
   * @param what the part, as the log names it
   * @returns undefined if it failed
   */
  async attempt<T>(what: string, part: () => Promise<T>): Promise<T | undefined> {
    try {
      return await part();
    } catch (error) {
      this.#errors.push(error);
      logger.error(`${what} failed`, { error: error as Error });
      return undefined;
    }
  }

  /** @throws the first failure, if a part has failed */
  rethrow(): void {
    if (this.#errors.length > 0) throw this.#errors[0];
  }
}
