import type { Catalogue } from '../catalogue.ts';
import type { Pools } from '../pools.ts';
import type { Versions } from '../tags.ts';

/** One cluster of `airlock.yaml`. */
export interface StandardCluster {
  readonly name: string;
  /** Whether Airlock's function runs in the cluster's network. */
  readonly private: boolean;
  /** Whether its address is looked up in EKS. */
  readonly isInEks: boolean;
}

/** What pools, clusters and the account are held against. */
export interface Standard {
  /** The key of the gate. */
  readonly gate: string;
  readonly clusters: readonly StandardCluster[];
  readonly pools: Pools;
  readonly versions: Versions;
  /** The EC2 families whose virtual instances can have /dev/kvm. */
  readonly virtualizedFamilies: readonly string[];
  /** The rules of the catalogue; undefined if they are not at hand. */
  readonly catalogue: Catalogue | undefined;
}

/** The EC2 families of a catalogue whose virtual instances can have /dev/kvm. */
export function virtualizedFamilies({ runtimes }: Catalogue): readonly string[] {
  return [...new Set(Object.values(runtimes).flatMap((runtime) => runtime?.nestedVirtualization ?? []))];
}
