import { expect, it } from 'vitest';
import { phasesOf, phaseTable } from '../../domain/launch-phases.ts';
import type { Receipt } from '../../domain/receipt.ts';

const at = (seconds: number) => new Date(Date.parse('2026-11-21T09:00:00.000Z') + seconds * 1_000).toISOString();
const installation = { onlineAt: at(20), sentAt: at(21), settledAt: at(25), phases: { download: 1_500 } };
const receipt = {
  launchedAt: at(0),
  outcome: 'released',
  endedAt: at(32),
  installation,
  proof: { kind: 'pod', ms: 1_600 },
  readyAt: at(30),
} as unknown as Receipt;

it("orders a launch's events by time, whether its Node was Ready before the proof or after it", () => {
  const names = (readyAt: string) => phasesOf({ ...receipt, readyAt }).map(({ name, tookMs }) => `${name} ${tookMs}`);
  expect(names(at(30))).toEqual([
    'agent online 20000',
    'command sent 1000',
    'proven on the node 4000',
    'Node Ready 5000',
    'released 2000',
  ]);
  expect(names(at(22))[2]).toBe('Node Ready 1000');
});

it('leaves out a time that a kubelet cannot have reported in good faith', () => {
  for (const readyAt of ['', 'soon', at(-60)])
    expect(phasesOf({ ...receipt, readyAt }).map(({ name }) => name)).not.toContain('Node Ready');
});

it('shows what is known of a node on which nothing was installed', () => {
  const { installation: _, readyAt: __, ...failed } = receipt;
  expect(phasesOf({ ...failed, outcome: 'agent-offline' }).map(({ name }) => name)).toEqual(['agent-offline']);
});

it('prints one launch as it was, and several by their median and maximum', () => {
  expect(phaseTable([receipt])).toContain('| released | 32.0 s | 2.0 s |');
  expect(phaseTable([receipt])).toContain('| on the node: download |  | 1.5 s |');
  const late = { ...receipt, endedAt: at(40) };
  expect(phaseTable([receipt, receipt, late])).toContain('| released | 32.0 s / 40.0 s | 2.0 s / 10.0 s |');
});
