/** Names that CloudFormation generates. */
export { stackId } from './template/names.ts';
