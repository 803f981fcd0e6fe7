/** Names that CloudFormation gives. */
export { stackId } from './template/names.ts';
