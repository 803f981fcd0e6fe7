/** Roles, policies and their evaluation. */
export { evaluateIdentity, type Verdict } from './iam/evaluate.ts';
export { Iam } from './iam/iam.ts';
export { readPolicy } from './iam/policy.ts';
