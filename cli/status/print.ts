import { tableLines } from '../output/table.ts';
import { styled, wrap } from '../output/text.ts';
import { stateOf, waitOf } from '../rollout/print.ts';
import { type Fleet, launchPhases } from './fleet.ts';

/** How a fleet is shown. */
export interface FleetLayout {
  /** Of a line, in columns. */
  readonly width: number;
  /** How many launches under way are shown; the oldest come first. */
  readonly mostUnderWay: number;
}

/** The fleet for people, line by line. */
export function fleetLines(fleet: Fleet, layout: FleetLayout): readonly string[] {
  const { at, pools, attention, exposed, openBreakers, rollouts, notChecked } = fleet;
  const { width } = layout;
  const lines = [`${styled('bold', 'fleet')} at ${at}`];
  for (const { cluster, pool, nodes, versions } of pools) {
    lines.push(wrap(`${styled('bold', `${cluster} ${pool || '(no launch)'}`)}: ${listed(nodes)}`, width));
    if (Object.keys(versions).length > 0) lines.push(wrap(`released with ${listed(versions)}`, width, 2));
  }
  if (pools.length === 0) lines.push('no launch in the last 90 days');
  lines.push(...underWayLines(fleet, layout));
  if (attention.length > 0) {
    lines.push('', wrap(`${styled('bold', 'needs a person')} (npx airlock explain INSTANCE says more)`, width));
  }
  for (const { instanceId, nodeName, state, reason } of attention) {
    lines.push(wrap(`${styled('yellow', state)}  ${instanceId}  ${nodeName.split('.')[0]}`, width, 2));
    if (reason !== '') lines.push(wrap(reason, width, 4));
  }
  if (exposed.length > 0) {
    lines.push('', wrap(`${styled('bold', 'affected by advisories')} (npx airlock advisories says more)`, width));
  }
  for (const { id, severity, affected, pinned, unknown, pools } of exposed) {
    const kept = pinned === 0 ? '' : `, kept by their tags: ${pinned}`;
    const more = unknown === 0 ? '' : `, not known: ${unknown}`;
    const counts = `nodes affected: ${affected}${kept}${more}, in ${pools.join(', ')}`;
    lines.push(wrap(`${styled('yellow', id)}  ${severity}  ${counts}`, width, 2));
  }
  if (openBreakers.length > 0) lines.push('', styled('bold', 'open breakers'));
  for (const { cluster, pool, version, openedAt = '' } of openBreakers) {
    lines.push(wrap(`${cluster} ${pool} ${version}  since ${openedAt}`, width, 2));
  }
  if (rollouts.length > 0) {
    lines.push('', wrap(`${styled('bold', 'rollouts')} (npx airlock rollout says more)`, width));
  }
  for (const one of rollouts) {
    const { cluster, pool, runtime, target, done, total } = one;
    const name = `${styled('yellow', stateOf(one))}  ${cluster} ${pool} ${runtime}@${target}`;
    lines.push(wrap(`${name}  ${done} of ${total} nodes, waits for ${waitOf(one)}`, width, 2));
  }
  for (const { resource, reason } of notChecked) {
    lines.push('', wrap(`could not look at ${resource}: ${reason}`, width));
  }
  return lines.flatMap((line) => line.split('\n'));
}

/** A bar of the phases for each launch under way, the oldest first. */
function underWayLines({ underWay }: Fleet, { width, mostUnderWay }: FleetLayout): readonly string[] {
  if (underWay.length === 0) return [];
  const oldest = underWay.toSorted((one, other) => other.ageSeconds - one.ageSeconds);
  const rows = oldest.slice(0, mostUnderWay);
  type Row = (typeof rows)[number];
  const columns = [
    { name: '', isWhole: true as const, cell: ({ phase }: Row) => barOf(phase) },
    { name: 'phase', cell: ({ phase }: Row) => phase },
    { name: 'age', isNumber: true as const, cell: ({ ageSeconds }: Row) => `${ageSeconds} s` },
    { name: 'instance', isWhole: true as const, cell: ({ instanceId }: Row) => instanceId },
    { name: 'node', cell: ({ nodeName }: Row) => nodeName.split('.')[0] ?? '' },
  ];
  const rest = oldest.length - rows.length;
  const more = rest > 0 ? [`  … and ${rest} younger ones; --json has all`] : [];
  const counts = countsOf(oldest.map(({ phase }) => phase));
  return [
    '',
    wrap(`${styled('bold', 'under way')}: ${listed(counts)}`, width),
    ...tableLines(columns, rows, width - 2).map((line) => `  ${line}`),
    ...more,
  ];
}

/** The phases of a launch up to its own as full squares. */
function barOf(phase: Fleet['underWay'][number]['phase']): string {
  const done = launchPhases.indexOf(phase) + 1;
  return '■'.repeat(done) + '□'.repeat(launchPhases.length - done);
}

function countsOf(phases: readonly string[]): Record<string, number> {
  const known = launchPhases.map((phase) => [phase, phases.filter((one) => one === phase).length] as const);
  return Object.fromEntries(known.filter(([, count]) => count > 0));
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
