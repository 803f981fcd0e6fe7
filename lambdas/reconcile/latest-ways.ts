import { type LedgerKey, type LedgerRow, rowName } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { SeenInstance } from '../adapters/instances.ts';
import { rowsOf } from '../adapters/ledger.ts';
import { admitAll } from '../admission/admit-all.ts';
import { type Admissible, judge } from '../admission/decide.ts';
import { nextWay } from './decide-again.ts';

/** What the ledger has of some launches. */
interface Ledger {
  /** The rows of the latest ways by the names of the rows of their first. */
  readonly rows: ReadonlyMap<string, LedgerRow>;
  /** The names of the first rows of those whose latest way could not be begun: they are left to the next run. */
  readonly unbegun: ReadonlySet<string>;
}

/** The key of a way after the first; the first has the number 0. */
function keyOfWay({ instanceId, launchedAt }: LedgerKey, way: number): LedgerKey {
  return { instanceId, launchedAt, ...(way === 0 ? {} : { again: { attempt: way } }) };
}

/**
 * Reads the latest ways of some launches. A way that a run admitted half is begun here; one that it only numbered is decided about again.
 *
 * @param launches the instances as EC2 shows them now
 */
export async function latestRowsOf(launches: readonly SeenInstance[], config: Admissible): Promise<Ledger> {
  const first = await rowsOf(launches);
  const waysOf = (instance: SeenInstance) => first.get(rowName(instance))?.ways ?? 0;
  const again = launches.filter((instance) => waysOf(instance) > 0);
  const later = await rowsOf(
    again.flatMap((one) => [keyOfWay(one, waysOf(one)), keyOfWay(one, Math.max(1, waysOf(one) - 1))]),
  );
  const rowOf = (one: SeenInstance, way: number) =>
    way === 0 ? first.get(rowName(one)) : later.get(rowName(keyOfWay(one, way)));
  const rows = new Map(first);
  const unbegun = new Set<string>();
  const half: Admission[] = [];
  for (const instance of again) {
    const way = waysOf(instance);
    const latest = rowOf(instance, way);
    const before = rowOf(instance, way - 1);
    if (latest?.admittedAt !== undefined) rows.set(rowName(instance), latest);
    else if (latest?.node === undefined && before !== undefined) rows.set(rowName(instance), before);
    else {
      unbegun.add(rowName(instance));
      half.push(...anew(instance, before, latest, config));
    }
  }
  await admitAll(half);
  for (const [name, row] of await rowsOf(half.map(({ node }) => node))) {
    const launch = half.find(({ node }) => rowName(node) === name);
    if (launch === undefined || row.admittedAt === undefined) continue;
    const ofFirst = rowName(keyOfWay(launch.node, 0));
    rows.set(ofFirst, row);
    unbegun.delete(ofFirst);
  }
  return { rows, unbegun };
}

/** What a way is begun with that was admitted half: the launch as EC2 shows it, and of its row only why it is gone. */
function anew(
  instance: SeenInstance,
  before: LedgerRow | undefined,
  latest: LedgerRow | undefined,
  config: Admissible,
): Admission[] {
  const why = latest?.node?.again;
  if (before === undefined || why === undefined) return [];
  const now = Date.now();
  // What was admitted is ours to the end, whatever has become of the instance.
  const seen = { ...instance, state: 'running' };
  const verdict = judge({ instanceId: instance.instanceId, at: instance.launchedAt }, seen, config, now);
  if (verdict.verdict !== 'admit') return [];
  const { node } = verdict.admission;
  const request = why.why === 'drifted' ? before.request : verdict.admission.request;
  return request === undefined ? [] : [nextWay({ node, request }, before, why, now)];
}
