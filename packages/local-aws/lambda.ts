/** A deployed function, and the rules of its environment's network. */
export type { LambdaFunction } from './lambda/lambda-function.ts';
export { holdRequests } from './lambda/undici.ts';
