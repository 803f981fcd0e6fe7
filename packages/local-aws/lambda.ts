/** A deployed function, and its environment's network rules. */
export type { LambdaFunction } from './lambda/lambda-function.ts';
export { holdRequests } from './lambda/undici.ts';
