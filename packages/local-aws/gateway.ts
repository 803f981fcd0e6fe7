/** The path of a request: the SDK's schema, IAM, faults, the count, the operation. */
export { Gateway } from './gateway/gateway.ts';
export { loadSdk } from './gateway/sdk.ts';
