import { expect, it } from 'vitest';
import { examineFleet, groupCodes, scheduledCodes } from '../../lambdas/doctor/examine-fleet.ts';
import type { DoctorReader } from '../../lambdas/doctor/ports.ts';
import { standard } from './files.ts';
import { reader, refused } from './reader.ts';

/** The codes that a run leaves open if it may read nothing: all that it looks for. */
async function soughtBy(change: Partial<DoctorReader>): Promise<readonly string[]> {
  const blind = Object.fromEntries(Object.keys(reader()).map((name) => [name, refused]));
  const { notChecked } = await examineFleet({ ...reader(), ...blind, ...change }, standard(), ['https://a.example'], 0);
  return [...new Set(notChecked.flatMap(({ codes }) => codes))].toSorted();
}

it('the page names what the scheduled doctor looks for: exactly what a run that may read nothing leaves open', async () => {
  expect(await soughtBy({})).toEqual([...scheduledCodes].toSorted());
  const others = scheduledCodes.filter((code) => !groupCodes.includes(code));
  expect(await soughtBy({ groups: async () => [] })).toEqual(others.toSorted());
});
