/** The catalogue of everything that can go wrong around Airlock, and what plants it. */
export { broken } from './faults/calls.ts';
export {
  type CataloguedFault,
  type FaultKind,
  faultOf,
  faults,
  matrixFaults,
  namedFaultNames,
} from './faults/catalogue.ts';
export { errorOf, rulesOf } from './faults/families/errors.ts';
export { plant, plantFaults } from './faults/planted.ts';
export type { Random } from './faults/random.ts';
export { FaultSite, replacingPool } from './faults/site.ts';
export { isMachineFault, type MachineFault } from './machine/faults.ts';
