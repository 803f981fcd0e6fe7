import type * as v from 'valibot';
import type { NodeReport } from '../../packages/lab/simulation.ts';
import { receiptIn } from '../../packages/lab/simulation.ts';
import { print, styled } from '../output/text.ts';
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
  say(styled('bold', 'Receipts'));
  for (const node of world.nodes) {
    const receipt = receiptIn(world.timelineOf(node));
    say(JSON.stringify(receipt ?? { instanceId: node.instanceId, outcome: 'none' }, undefined, 2));
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
  const calls = Object.entries(world.calls()).map(([name, times]) => `${name} ${times}`);
  say(`calls: ${calls.join(' · ')}`);
  say(`state transitions per node: ${Math.min(...transitions)} to ${Math.max(...transitions)}`);
  say(
    `Kubernetes API: ${backends.kubernetes}; machine: ${backends.machine}; cloud: local, over the synthesized template`,
  );
}
