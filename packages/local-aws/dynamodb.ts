/** DynamoDB's engine and its keys of rights, for tests of expressions and of policies. */
export { Engine } from './services/dynamodb/engine.ts';
export { type RightsRequest, rightOn } from './services/dynamodb/rights.ts';
