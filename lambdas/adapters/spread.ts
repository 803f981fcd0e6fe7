/** For so long a refusal may only mean that IAM has not spread a new role or right yet. */
const spreadMs = 60_000;
const pauseMs = 3_000;

/**
 * Asks again for a minute while the answer is one that passes.
 *
 * @param passes whether an error may be gone in some seconds
 */
export async function whileSpreading<T>(ask: () => Promise<T>, passes: (error: unknown) => boolean): Promise<T> {
  for (let waited = 0; ; waited += pauseMs) {
    try {
      return await ask();
    } catch (error) {
      if (!passes(error) || waited >= spreadMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
