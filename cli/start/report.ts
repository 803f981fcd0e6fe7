import type * as v from 'valibot';
import type { NodeReport } from '../../packages/lab/simulation.ts';
import { receiptIn } from '../../packages/lab/simulation.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { RunSchema } from './run-schema.ts';
import type { SimulationSetup } from './setup.ts';

/** The run as one object. */
export function runOf(
  nodes: readonly NodeReport[],
  { world, backends }: SimulationSetup,
): v.InferInput<typeof RunSchema> {
  const shown = nodes.map((node) => ({ ...node, stages: node.stages.map((stage) => ({ ...stage })) }));
  return {
    nodes: shown,
    backends: { kubernetes: backends.kubernetes, machine: backends.machine },
    calls: world.calls(),
  };
}

/** A node's run on one line: each stage with the seconds since the launch. */
export function runLine({ instanceId, nodeName, stages }: NodeReport): string {
  const line = stages.map(({ name, ms }) => `${name} ${(ms / 1000).toFixed(1)} s`).join(' → ');
  return `${instanceId}  ${nodeName.split('.')[0]}  ${line}`;
}

/** Prints a run's receipts, audit trail, calls and backends. */
export function printRun(reports: readonly NodeReport[], { world, backends }: SimulationSetup): void {
  const say = (line = '') => print(line);
  say();
  const receipts = world.nodes.map((node) => {
    const none = { instanceId: node.instanceId, outcome: 'none' };
    return receiptIn(world.timelineOf(node)) ?? none;
  });
  const groups = [...Map.groupBy(receipts, ({ outcome }) => outcome)];
  say(styled('bold', 'Receipts'));
  for (const [outcome, [first, ...rest]] of groups) {
    say(JSON.stringify(first, undefined, 2));
    if (rest.length > 0) say(styled('dim', `${rest.length} more with the outcome ${outcome} are like it.`));
  }
  say();
  say(styled('bold', 'Audit trail'));
  for (const { time, 'detail-type': type, detail } of world.audit()) {
    const who = 'instanceId' in detail ? detail.instanceId : 'incident' in detail ? detail.incident.name : detail.pool;
    const what = 'outcome' in detail ? `${detail.outcome}${detail.detail ? `: ${detail.detail}` : ''}` : '';
    say(`${time}  ${who}  ${type.padEnd(19)} ${what}`.trimEnd());
  }
  say();
  const transitions = reports.map((report) => report.transitions);
  const services = Map.groupBy(Object.entries(world.calls()), ([name]) => name.split(':')[0] ?? '');
  const calls = [...services].map(([service, all]) => `${service} ${all.reduce((sum, [, times]) => sum + times, 0)}`);
  say(wrap(`calls: ${calls.join(', ')} (--json counts each operation)`, outputWidth()));
  const span = [...new Set([Math.min(...transitions), Math.max(...transitions)])];
  say(`state transitions per node: ${span.join(' to ')}`);
  const used = `Kubernetes API: ${backends.kubernetes}; machine: ${backends.machine}; cloud: local, over the synthesized template`;
  say(wrap(used, outputWidth()));
}
