import { VirtualClock } from '../../local-aws/clock.ts';
import { ModelledMachine } from '../machine/modelled.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

/**
 * Starts a simulation on the virtual clock, with the sample's cluster and modelled machines.
 *
 * @param assembly the folder that `cdk synth` wrote
 * @param change options in place of the defaults
 */
export function startModelled(assembly: string, change: Partial<SimulationOptions> = {}): Promise<Simulation> {
  return Simulation.start({
    assembly,
    clock: new VirtualClock(),
    clusters: ['demo'],
    machine: async () => new ModelledMachine(),
    ...change,
  });
}
