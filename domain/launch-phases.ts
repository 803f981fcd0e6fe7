import type { Receipt } from './receipt.ts';

/** A point that a launch reached, from its receipt. */
export interface LaunchPhase {
  readonly name: string;
  /** Milliseconds since the launch. */
  readonly atMs: number;
  /** Milliseconds since the previous point. */
  readonly tookMs: number;
}

/** What the points of a launch are read from: a receipt, or what the ledger has so far. */
interface PhaseTimes extends Pick<Receipt, 'launchedAt'>, Partial<Pick<Receipt, 'readyAt' | 'endedAt' | 'outcome'>> {
  readonly installation?: Partial<Record<'onlineAt' | 'sentAt' | 'settledAt', string | undefined>> | undefined;
}

/**
 * The points that a launch reached, in order. A Node may become Ready before or after its runtime is proven. A time
 * that is invalid or before the launch is left out: the kubelet's can be.
 */
export function phasesOf({ launchedAt, installation, readyAt, endedAt, outcome }: PhaseTimes): readonly LaunchPhase[] {
  const points: readonly (readonly [name: string, at: string | undefined])[] = [
    ['agent online', installation?.onlineAt],
    ['command sent', installation?.sentAt],
    ['proven on the node', installation?.settledAt],
    ['Node Ready', readyAt],
    [outcome ?? '', endedAt],
  ];
  const launched = Date.parse(launchedAt);
  let before = 0;
  return points
    .map(([name, at]) => ({ name, atMs: Date.parse(at ?? '') - launched }))
    .filter(({ atMs }) => atMs >= 0)
    .sort((one, other) => one.atMs - other.atMs)
    .map(({ name, atMs }) => {
      const tookMs = atMs - before;
      before = atMs;
      return { name, atMs, tookMs };
    });
}

/**
 * The steps within a phase and their durations in milliseconds: those of the installation on the node, and the start of
 * the proof pod.
 */
export function stepsOf({ installation, proof }: Receipt): readonly (readonly [name: string, ms: number])[] {
  const onNode = Object.entries(installation?.phases ?? {}).map(([name, ms]) => [`on the node: ${name}`, ms] as const);
  return proof?.kind === 'pod' ? [...onNode, ['proof pod: created until Running', proof.ms]] : onNode;
}

/**
 * Renders the phases of some launches as a Markdown table. For several launches, a cell has the median and the maximum.
 *
 * @param receipts of launches with the same outcome
 */
export function phaseTable(receipts: readonly Receipt[]): readonly string[] {
  const rows = new Map<string, { readonly at: number[]; readonly took: number[] }>();
  const rowOf = (name: string) => {
    const row = rows.get(name) ?? { at: [], took: [] };
    rows.set(name, row);
    return row;
  };
  for (const receipt of receipts) {
    for (const { name, atMs, tookMs } of phasesOf(receipt)) {
      rowOf(name).at.push(atMs);
      rowOf(name).took.push(tookMs);
    }
  }
  for (const receipt of receipts) for (const [name, ms] of stepsOf(receipt)) rowOf(name).took.push(ms);
  const lines = [...rows].map(([name, { at, took }]) => `| ${name} | ${cellOf(at)} | ${cellOf(took)} |`);
  return ['| phase | since the launch | duration |', '|---|---|---|', ...lines];
}

function cellOf(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const shown = [sorted[Math.ceil(sorted.length / 2) - 1], sorted.at(-1)].map(
    (ms) => `${((ms ?? 0) / 1_000).toFixed(1)} s`,
  );
  if (sorted.length === 0) return '';
  return sorted.length === 1 ? (shown[0] ?? '') : shown.join(' / ');
}
