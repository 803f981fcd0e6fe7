/** DynamoDB's engine and its condition keys, for tests of expressions and policies. */
export { DynamoDb } from './services/dynamodb/dynamodb.ts';
export { Engine } from './services/dynamodb/engine.ts';
export { type RightsRequest, rightOn } from './services/dynamodb/rights.ts';
