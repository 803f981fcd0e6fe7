import { isMachineFault } from '../../packages/lab/faults.ts';
import { type Machine, SimulatedMachine } from '../../packages/lab/machines.ts';
import { RealMachine, realArtifacts, realFaults, requireRealHost } from '../../packages/lab/real-machines.ts';
import type { Builders, Mirror } from '../../packages/lab/releases.ts';
import type { StartOptions } from './options.ts';

/** The source of a run's machines, and the versions that the mirror serves for them. */
export interface Machines {
  readonly builders: Partial<Builders>;
  create(mirror: Mirror): Promise<Machine>;
}

/** Options that do not fit together. */
export class OptionsRefused extends Error {
  override readonly name = 'OptionsRefused';
}

/**
 * Prepares the kind of machine that a run requests.
 *
 * @param report receives a line per step that takes long
 * @throws HostError if this host cannot run real nodes, OptionsRefused if such machines do not support the options
 */
export async function machinesOf(options: StartOptions, report: (step: string) => void): Promise<Machines> {
  const faults = options.fault.filter(isMachineFault);
  if (options.machine === 'simulated') {
    return { builders: {}, create: (mirror) => SimulatedMachine.create({ faults }, mirror) };
  }
  if (options.clock === 'virtual') {
    throw new OptionsRefused(
      "option '--machine real' is given with '--clock virtual'; accepted: '--clock real', because a real machine runs in real time",
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
    throw new OptionsRefused(`option '--machine real' is given with '--fault ${fault}'; accepted: ${known}`);
  }
  requireRealHost();
  const { builders } = await realArtifacts(report, planted.kind);
  return {
    builders,
    create: async (mirror) => {
      // containerd 2.0 and later reports its handlers and supports user namespaces for pods.
      const machine = await RealMachine.create({ debian: 'sid', mirror, progress: report, ...planted.options });
      // A real node already runs something.
      if (fault !== 'containerd-dead') await machine.startContainer('bystander');
      return machine;
    },
  };
}
