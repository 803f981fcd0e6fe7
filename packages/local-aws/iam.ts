/** Roles, policies and how they are evaluated. */
export { evaluateIdentity, type Verdict } from './iam/evaluate.ts';
export { Iam } from './iam/iam.ts';
export { readPolicy } from './iam/policy.ts';
