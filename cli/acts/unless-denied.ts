import { consequenceOf, type Operation } from '../../lambdas/adapters/aws-errors.ts';
import { CouldNotLook } from '../output/errors.ts';

/**
 * Makes a call of an operator.
 *
 * @param undone what is not done if the caller may not make it
 * @throws CouldNotLook if the caller may not make it, otherwise the SDK's error
 */
export async function unlessDenied<T>(operation: Operation, undone: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (consequenceOf(operation, error) !== 'setup') throw error;
    const reason = (error as Error).message;
    throw new CouldNotLook(`${undone}: ${reason}; accepted: a role listed under operators in airlock.yaml`);
  }
}
