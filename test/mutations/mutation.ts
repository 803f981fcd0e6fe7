import type { ScenarioName } from '../scenarios/registry.ts';
import type { Copy } from './assembly.ts';

/** A mistake that is planted in a copy of the assembly, and the scenario that must detect it. */
export interface Mutation {
  readonly name: string;
  readonly apply: (copy: Copy) => void | Promise<void>;
  readonly turnsRed: ScenarioName;
}
