/**
 * What a pool's template declares in one field: a value, or `unknown` with the reason why the file cannot say it. A
 * field that is known not to be set has the value undefined.
 */
export type Declared<T> =
  | { readonly field: string; readonly value: T }
  | { readonly field: string; readonly unknown: string };

/** The instance profile of a pool's nodes. `prefix` is all that is known of a name that an autoscaler makes. */
export type ProfileName = { readonly name: string } | { readonly arn: string } | { readonly prefix: string };

/** What launches the pool's instances. */
export type PoolKind = 'Karpenter' | 'managed node group' | 'Auto Scaling group';

/** The instances that a pool can launch. A pool that names neither types nor families takes any. */
export interface Machines {
  readonly types: readonly string[];
  readonly families: readonly string[];
}

/** A hook of an Auto Scaling group that holds new instances. */
export interface LaunchHook {
  readonly name: string;
  readonly heartbeatSeconds: number;
  readonly defaultResult: string;
}

/** The template of one pool, whatever kind of file it comes from. */
export interface PoolTemplate {
  /** What people call it, with its file: `NodePool sandboxed in pools.yaml`. */
  readonly resource: string;
  readonly kind: PoolKind;
  /** The pool's name in `airlock.yaml`; undefined if the file does not contain it. */
  readonly name: string | undefined;
  /** The cluster's name, if the file contains it. */
  readonly cluster: string | undefined;
  /** The tag airlock:runtime as it reaches instances. */
  readonly tag: Declared<string | undefined>;
  /** A field that has the tag and whose tags do not reach instances. */
  readonly strandedTag?: string;
  /** The keys of the NoSchedule taints that the autoscaler expects; undefined if the pool has no field for them. */
  readonly declaredTaints?: Declared<readonly string[]>;
  /**
   * The keys that nodes have before a pod can land; undefined if the autoscaler or EKS gives nodes the declared taints
   * from birth.
   */
  readonly taintsAtBirth?: Declared<readonly string[]>;
  /** The value of the label airlock.dev/runtime where the autoscaler reads it. */
  readonly label: Declared<string | undefined>;
  /** The same where the kubelet gets it; undefined if the autoscaler or EKS gives it. */
  readonly labelAtBirth?: Declared<string | undefined>;
  /** Undefined if the image or the account decides. */
  readonly hopLimit: Declared<number | undefined>;
  /** What the profile's name can be; none if the pool has no profile. */
  readonly profiles: Declared<readonly ProfileName[]>;
  /** The role of its instances, if the pool names it itself: a name or an ARN. */
  readonly role?: string | undefined;
  readonly nestedVirtualization: Declared<boolean>;
  readonly machines: Declared<Machines>;
  /** Each text identifies one image that nodes boot from: a name, a parameter, a type or a family. */
  readonly images: Declared<readonly string[]>;
  /** The launch hooks of its Auto Scaling group; undefined if it has no group. */
  readonly hooks?: Declared<readonly LaunchHook[]>;
  /** Whether all its instances are bare metal. */
  readonly isBareMetal: boolean;
}

/** Whether the template has any of Airlock's marks. One without is another's pool. */
export function isAirlockPool(pool: PoolTemplate, gate: string): boolean {
  const marks: readonly (Declared<unknown> | undefined)[] = [pool.tag, pool.label, pool.labelAtBirth];
  const taints = [pool.declaredTaints, pool.taintsAtBirth];
  return (
    pool.strandedTag !== undefined ||
    marks.some((one) => one !== undefined && 'value' in one && one.value !== undefined) ||
    taints.some((one) => one !== undefined && 'value' in one && one.value.includes(gate))
  );
}
