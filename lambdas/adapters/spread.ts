import { type Consequence, consequenceOf, type Operation } from './aws-errors.ts';
import { systemTime } from './time.ts';

/** For so long a refusal may only mean that IAM has not spread a new role or right yet. */
const spreadMs = 60_000;
const pauseMs = 3_000;

/**
 * Makes a call again for a minute while its error is one that passes.
 *
 * @param passing what has to follow an error for that
 */
export async function whileSpreading<T>(
  operation: Operation,
  ask: () => Promise<T>,
  passing: readonly Consequence[] = ['wait'],
): Promise<T> {
  for (let waited = 0; ; waited += pauseMs) {
    try {
      return await ask();
    } catch (error) {
      const consequence = consequenceOf(operation, error);
      if (consequence === undefined || !passing.includes(consequence) || waited >= spreadMs) throw error;
      await systemTime.sleep(pauseMs);
    }
  }
}
