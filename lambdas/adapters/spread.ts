import { type Consequence, consequenceOf, type Operation } from './aws-errors.ts';
import { systemTime } from './time.ts';

/** How long a denial may only mean that a new role or permission is not in effect yet. */
const spreadMs = 60_000;
const pauseMs = 3_000;

/**
 * Repeats a call while its error is expected to pass.
 *
 * @param passing the consequences of errors that are expected to pass
 * @param mostMs how long it is repeated, in milliseconds: less than the function may take
 */
export async function whileSpreading<T>(
  operation: Operation,
  ask: () => Promise<T>,
  passing: readonly Consequence[] = ['wait'],
  mostMs = spreadMs,
): Promise<T> {
  for (let waited = 0; ; waited += pauseMs) {
    try {
      return await ask();
    } catch (error) {
      const consequence = consequenceOf(operation, error);
      if (consequence === undefined || !passing.includes(consequence) || waited >= mostMs) throw error;
      await systemTime.sleep(pauseMs);
    }
  }
}
