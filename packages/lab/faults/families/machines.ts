import { type MachineFault, machineFaults } from '../../machine/faults.ts';
import type { Family } from '../fault.ts';

/** What can be wrong with a machine. The matrix draws them by its fault `machine-faulty`. */
export const machineFamily: Family = Object.fromEntries(
  (Object.keys(machineFaults) as MachineFault[]).map((name) => [
    name,
    {
      ...machineFaults[name],
      only: 'name',
      plant(site) {
        site.machineFaults.push(() => name);
      },
    },
  ]),
);
