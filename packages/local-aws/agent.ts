/** The rules of amazon-ssm-agent, and the machine that it runs on. */
export type { AgentMachine, Ended, Script } from './agent/machine.ts';
export { reportOf } from './agent/report.ts';
export { runDocument } from './agent/run-document.ts';
