import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { onQuarantine } from '../../examples/event-rule/rule.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { compilePattern } from '../../packages/local-aws/services.ts';
import { faultsOf } from '../lib/service-spec.ts';
import { launch, settle, startSimulation } from '../scenarios/scenario.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'event-rule');
const pattern: unknown = JSON.parse(readFileSync(join(folder, 'pattern.json'), 'utf8'));

/** CloudFormation's short forms, as far as the example uses them. */
const customTags = [
  { tag: '!Ref', resolve: (value: string) => ({ Ref: value }) },
  { tag: '!GetAtt', resolve: (value: string) => ({ 'Fn::GetAtt': value.split('.') }) },
];

type Resources = Parameters<typeof faultsOf>[0];

it('the example of a rule matches the event of a quarantined node, and no other of its launch or of AWS', async () => {
  const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']));
  await launch(world);
  await settle(world);
  const matches = compilePattern(pattern);
  const events = world.trail().map(({ type, ...event }) => ({ ...event, 'detail-type': type }));
  const matched = events.filter(matches).map((event) => event['detail-type']);
  expect(matched).toEqual(['Node Quarantined']);
  expect(events.length).toBeGreaterThan(5);
});

it('the example has one pattern, for CloudFormation, for the command line and for the CDK', () => {
  const { Resources } = parse(readFileSync(join(folder, 'template.yaml'), 'utf8'), { customTags }) as {
    readonly Resources: Resources;
  };
  expect(faultsOf(Resources)).toEqual([]);
  expect(Resources['Rule']?.Properties?.['EventPattern']).toEqual(pattern);
  const stack = new Stack(new App(), 'Yours');
  onQuarantine(stack, new SqsQueue(new Queue(stack, 'Queue')));
  Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
    EventBusName: 'Airlock',
    EventPattern: pattern,
  });
});
