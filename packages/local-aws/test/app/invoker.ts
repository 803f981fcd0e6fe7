import type { VirtualClock } from '../../clock.ts';
import type { LocalCloud } from '../../cloud.ts';

/** Invokes a function and lets time pass until it answers. */
export function invoker(cloud: () => LocalCloud, clock: VirtualClock) {
  return async (name: string, payload: object = {}) => {
    let answer: { functionError: string | undefined; payload: string } | undefined;
    let failure: unknown;
    cloud()
      .lambda.invoke(name, JSON.stringify(payload), 'RequestResponse')
      .then(
        (given) => {
          answer = given;
        },
        (error: unknown) => {
          failure = error;
        },
      );
    await clock.run(() => answer !== undefined || failure !== undefined);
    if (failure !== undefined) throw failure;
    if (answer === undefined) throw new Error('the function never answered');
    return { error: answer.functionError, payload: JSON.parse(answer.payload) as unknown };
  };
}
