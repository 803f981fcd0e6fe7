import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { advisoryMark } from '../../domain/advisories.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { KnownAdvisories } from '../../lib/known-advisories.ts';
import { shipped } from '../ssm-documents/node.ts';

const type = 'AWS::CloudFormation::WaitConditionHandle';
function marksOf(...runtimes: readonly Runtime[]) {
  const stack = new Stack(new App(), 'Airlock');
  new KnownAdvisories(stack, 'Advisories', shipped, runtimes);
  return Template.fromStack(stack).findResources(type);
}

it('each advisory of a configured runtime has a mark without a property, so that nothing ever updates it', () => {
  const advisories = shipped.runtimes.gvisor?.advisories ?? [];
  const marks = marksOf('gvisor');
  expect(Object.keys(marks).toSorted()).toEqual(advisories.map(({ id }) => advisoryMark(id)).toSorted());
  for (const { Properties } of Object.values(marks)) expect(Properties).toBeUndefined();
});

it('marks are different for ids that differ in a sign only, and logical ids', () => {
  const marks = ['kata-4.3.0-a', 'kata-4-3.0-a', 'kata-430-a'].map(advisoryMark);
  expect(new Set(marks).size).toBe(3);
  for (const mark of marks) expect(mark).toMatch(/^[A-Za-z0-9]{1,255}$/);
});
