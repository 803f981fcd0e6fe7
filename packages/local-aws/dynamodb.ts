/** DynamoDB's engine and its condition keys, for tests of expressions and policies. */
export { Engine } from './services/dynamodb/engine.ts';
export { type RightsRequest, rightOn } from './services/dynamodb/rights.ts';
