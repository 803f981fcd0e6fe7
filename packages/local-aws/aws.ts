/** The building blocks of every service, and what a caller can observe and break. */
export type { Faults, ObservedCall } from './gateway/observed.ts';
export { AwsError, here, operation, type Principal } from './gateway/service.ts';
