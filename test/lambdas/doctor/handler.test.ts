import { expect, it, vi } from 'vitest';
import { handler } from '../../../lambdas/doctor/handler.ts';

const { emit } = vi.hoisted(() => ({ emit: vi.fn() }));
vi.mock('../../../lambdas/adapters/environment.ts', () => ({ variable: () => ({ artifacts: [] }) }));
vi.mock('../../../lambdas/adapters/telemetry.ts', () => ({ emit, logger: { info: () => {}, warn: () => {} } }));
vi.mock('../../../lambdas/doctor/readers/fleet.ts', () => ({ fleetReader: {} }));
vi.mock('../../../lambdas/doctor/examine-fleet.ts', () => ({
  examineFleet: async () => ({ checked: [], findings: [], notChecked: [] }),
}));

it('a run that found nothing records that, so that a run that dies is missed', async () => {
  await handler();
  expect(emit.mock.calls).toEqual([[{ name: 'DoctorFindings', dimensions: {}, value: 0 }]]);
});
