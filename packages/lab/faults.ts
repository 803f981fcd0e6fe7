import { exampleRuntime } from '../../domain/runtimes.ts';
import { type MachineFault, machineFaults } from './machine/faults.ts';

export { type MachineFault, machineFaults };

/** What can go wrong around the machines, in one line each. */
const worldFaults = {
  'agent-late': 'the SSM agent comes online ten minutes after the launch',
  'agent-never': 'the SSM agent never comes',
  'agent-old': 'the SSM agent is older than 3.3.2746.0',
  'events-doubled': 'every event of AWS arrives three times',
  'send-throttled': 'SendCommand is throttled five times',
  'dispatch-dies': 'dispatch dies right after its first SendCommand',
  'cluster-down': 'the Kubernetes API answers 500 for two minutes',
  'cluster-forbids': 'the Kubernetes API forbids every change',
  'node-never-joins': 'the kubelet never registers its Node',
  'pods-fail': 'the handler is there and the proof on the host passes, but no pod gets a sandbox',
  'bad-tag': `the tag asks for "${exampleRuntime}; reboot", which is no runtime`,
} as const;

/** The name of something that can go wrong around the machines. */
export type WorldFault = keyof typeof worldFaults;

/** The name of a fault of a run. */
export type FaultName = WorldFault | MachineFault;

/** What can go wrong in a run, by name, with what it means. A fault strikes every node of the run. */
export const faults: Readonly<Record<FaultName, string>> = { ...machineFaults, ...worldFaults };

/** Every fault, in the order of the list. */
export const faultNames = Object.keys(faults) as readonly FaultName[];

/** Tells whether a text names a fault. */
export function isFault(text: string): text is FaultName {
  return Object.hasOwn(faults, text);
}

/** Tells whether a fault is one of a machine. */
export function isMachineFault(name: FaultName): name is MachineFault {
  return Object.hasOwn(machineFaults, name);
}
