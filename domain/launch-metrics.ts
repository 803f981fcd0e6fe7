import { claimText } from './claim-text.ts';
import { phasesOf } from './launch-phases.ts';
import type { MetricPoint } from './metrics.ts';
import { endingOf, makesRoom } from './outcomes.ts';
import type { Receipt } from './receipt.ts';

/** The end of a run. What a release adds is there if it is one. */
export interface LaunchEnd extends Pick<Receipt, 'instanceId' | 'cluster' | 'pool' | 'outcome'> {
  readonly released?: {
    readonly receipt: Receipt;
    /** Whether it is the first run of its launch: only that one's time counts from the launch. */
    readonly first: boolean;
  };
}

/**
 * The value of a dimension, made of a claim: at most 255 characters of printable ASCII that do not begin with a colon
 * and are not all blank. Source: CloudWatch API reference, Dimension.
 */
export function dimensionValue(text: string): string {
  const value = claimText(text, 255).replace(/^:/, '?');
  return value.trim() === '' ? '?' : value;
}

/** A launch without a pool has its own id as pool: as a dimension it would be billed as a separate metric. */
function poolDimension({ pool, instanceId }: Pick<Receipt, 'pool' | 'instanceId'>): string {
  return pool === instanceId ? 'none' : dimensionValue(pool);
}

/** What the end of a run is counted as. */
export function endPoints(end: LaunchEnd): readonly MetricPoint[] {
  const { cluster, outcome, released } = end;
  const pool = poolDimension(end);
  const ended: MetricPoint = { name: 'LaunchEnded', dimensions: { cluster, pool, outcome }, value: 1 };
  const ending = endingOf(outcome);
  // A node that makes room in a rollout says nothing about how launches do.
  if (ending === 'discard' || makesRoom(outcome)) return [ended];
  const rate: MetricPoint = { name: 'ReleaseRate', dimensions: { cluster }, value: ending === 'done' ? 100 : 0 };
  const changed: MetricPoint[] =
    outcome === 'document-changed' ? [{ name: 'DocumentChanged', dimensions: {}, value: 1 }] : [];
  return [ended, rate, ...changed, ...(released?.first ? timesOf(released.receipt, pool) : [])];
}

/**
 * How long a release took, whole and by phase. When a Node was Ready is its kubelet's claim: a time after the end is
 * left out.
 */
function timesOf(receipt: Receipt, pool: string): readonly MetricPoint[] {
  const { cluster, installation, totalMs, outcome } = receipt;
  if (installation === undefined) return [];
  const dimensions = { cluster, pool, runtime: installation.runtime, version: installation.version };
  const phases = phasesOf(receipt).filter(({ atMs }) => atMs <= totalMs);
  return [
    { name: 'LaunchToRelease', dimensions, value: totalMs },
    ...phases.map(({ name, tookMs }): MetricPoint => {
      const phase = name === outcome ? 'released' : name;
      return { name: 'PhaseTime', dimensions: { ...dimensions, phase }, value: tookMs };
    }),
  ];
}
