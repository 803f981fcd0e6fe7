import { type FaultName, isMachineFault } from '../../packages/lab/faults.ts';
import { type Machine, SimulatedMachine } from '../../packages/lab/machines.ts';
import { RealMachine, realArtifacts, realFaults, requireRealHost } from '../../packages/lab/real-machines.ts';
import type { Builders, Mirror } from '../../packages/lab/releases.ts';
import type { StartOptions } from './options.ts';

/** Where the machines of a run come from, and the versions that the mirror serves for them. */
export interface Machines {
  readonly builders: Partial<Builders>;
  create(mirror: Mirror): Promise<Machine>;
}

/** Options that do not go together. */
export class OptionsRefused extends Error {
  override readonly name = 'OptionsRefused';
}

/**
 * Prepares the kind of machines that a run asks for.
 *
 * @param report gets a line for each step that takes long
 * @throws HostError if this host cannot have real nodes, OptionsRefused if the options ask for what such machines cannot do
 */
export async function machinesOf(options: StartOptions, report: (step: string) => void): Promise<Machines> {
  const faults = (options.fault as readonly FaultName[]).filter(isMachineFault);
  if (options.machine === 'simulated') {
    return { builders: {}, create: (mirror) => SimulatedMachine.create({ faults }, mirror) };
  }
  if (options.clock === 'virtual') {
    throw new OptionsRefused(
      "option '--machine real' is given with '--clock virtual'; accepted: '--clock real', for a real machine takes its own time",
    );
  }
  const [fault, another] = faults;
  if (another !== undefined) {
    throw new OptionsRefused(
      `option '--machine real' is given with ${faults.length} faults of a machine; accepted: one`,
    );
  }
  const planted = fault === undefined ? {} : realFaults[fault];
  if (planted === undefined) {
    const known = Object.keys(realFaults).join(', ');
    throw new OptionsRefused(
      `option '--machine real' is given with '--fault ${fault}'; accepted of machines: ${known}`,
    );
  }
  requireRealHost();
  const { builders } = await realArtifacts(report, planted.kind);
  return {
    builders,
    create: async (mirror) => {
      // containerd from 2.0 on says which handlers it serves, and gives pods user namespaces.
      const machine = await RealMachine.create({ debian: 'sid', mirror, progress: report, ...planted.options });
      // A node of a person's pool has something on it.
      if (fault !== 'containerd-dead') await machine.startContainer('bystander');
      return machine;
    },
  };
}
