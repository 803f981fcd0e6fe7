// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are those of Fn::Sub.
// Vectors of https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
import type { Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import type { ResourceType } from '../../template/resource.ts';
import { assemblyOf, synthesize } from '../app/sample.ts';

/** A resource that shows its properties. */
function mirror(seen: Record<string, unknown>): ResourceType {
  return {
    type: 'Test::Mirror',
    properties: ['Value', 'Other'],
    create(logicalId, properties) {
      seen[logicalId] = properties['Value'];
      return { ref: `ref-of-${logicalId}`, attributes: { Arn: `arn-of-${logicalId}`, 'Nested.Part': 7 } };
    },
  };
}

async function made(template: object): Promise<{ cloud: LocalCloud; seen: Record<string, unknown> }> {
  const seen: Record<string, unknown> = {};
  const options = { clock: new VirtualClock(), resourceTypes: [mirror(seen)] };
  return { cloud: await LocalCloud.deploy(assemblyOf(template), options), seen };
}

const one = (Value: unknown, rest: object = {}) => ({
  Resources: { One: { Type: 'Test::Mirror', Properties: { Value } } },
  ...rest,
});

describe('a template', () => {
  it.each([
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-central-1'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }]] }, 'a-123456789012'],
    ['Fn::Split and Fn::Select', { 'Fn::Select': [1, { 'Fn::Split': ['|', 'a|b'] }] }, 'b'],
    ['Fn::Sub with a pseudo parameter', { 'Fn::Sub': 'x-${AWS::Partition}-${!Literal}' }, 'x-aws-${Literal}'],
    [
      'Fn::Sub with its own variables',
      { 'Fn::Sub': ['${a}/${a}', { a: { Ref: 'AWS::Region' } }] },
      'eu-central-1/eu-central-1',
    ],
    ['Fn::Base64', { 'Fn::Base64': 'text' }, 'dGV4dA=='],
    ['AWS::NoValue in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['Fn::If', { 'Fn::If': ['Here', 'yes', 'no'] }, 'yes'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'Key'] }, 'found'],
    ['a parameter default', { Ref: 'BootstrapVersion' }, '/cdk-bootstrap/hnb659fds/version'],
  ])('resolves %s', async (_, value, expected) => {
    const { seen } = await made(
      one(value, {
        Parameters: {
          BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/hnb659fds/version' },
        },
        Mappings: { Map: { 'eu-central-1': { Key: 'found' } } },
        Conditions: {
          Here: {
            'Fn::And': [
              { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
              { 'Fn::Not': [{ 'Fn::Or': [{ 'Fn::Equals': ['a', 'b'] }, { Condition: 'Never' }] }] },
            ],
          },
          Never: { 'Fn::Equals': ['a', 'b'] },
        },
        Rules: { CheckBootstrapVersion: { Assertions: [] } },
      }),
    );
    expect(seen['One']).toEqual(expected);
  });

  it('creates each resource after those that it refers to, in any form', async () => {
    const { seen } = await made({
      Resources: {
        Last: { Type: 'Test::Mirror', DependsOn: ['Third'], Properties: {} },
        Third: { Type: 'Test::Mirror', Properties: { Value: { 'Fn::Sub': '${Second.Arn}' } } },
        Second: { Type: 'Test::Mirror', Properties: { Value: { 'Fn::GetAtt': ['First', 'Nested.Part'] } } },
        First: { Type: 'Test::Mirror', Properties: { Value: 1 } },
      },
    });
    expect(Object.entries(seen)).toEqual([
      ['First', 1],
      ['Second', 7],
      ['Third', 'arn-of-Second'],
      ['Last', undefined],
    ]);
  });

  it('refuses a circle of references', async () => {
    const refer = (name: string) => ({ Type: 'Test::Mirror', Properties: { Value: { Ref: name } } });
    const template = { Resources: { A: refer('B'), B: refer('C'), C: refer('A') } };
    await expect(made(template)).rejects.toThrow('circular dependency between resources: A -> B -> C -> A');
  });

  it('lists everything that is not known, and creates nothing', async () => {
    const seen: Record<string, unknown> = {};
    const template = {
      Transform: 'AWS::Serverless',
      Resources: {
        Good: { Type: 'Test::Mirror', Properties: { Value: 1 } },
        Odd: { Type: 'Test::Mirror', CreationPolicy: {}, Properties: { Colour: { 'Fn::Cidr': [] } } },
        Strange: { Type: 'AWS::Neptune::DBCluster', Properties: {} },
      },
    };
    const options = { clock: new VirtualClock(), resourceTypes: [mirror(seen)] };
    const refusal = LocalCloud.deploy(assemblyOf(template), options);
    await expect(refusal).rejects.toThrow(
      [
        'the local cloud does not know:',
        'Sample: the section Transform',
        'Sample/Odd: the property Colour of Test::Mirror',
        'Sample/Odd: the attribute CreationPolicy',
        'Sample/Odd: the intrinsic function Fn::Cidr',
        'Sample/Strange: the resource type AWS::Neptune::DBCluster',
      ].join('\n  '),
    );
    expect(seen).toEqual({});
  });

  it('refuses an attribute that the resource does not have', async () => {
    const template = {
      Resources: {
        A: { Type: 'Test::Mirror', Properties: { Value: { 'Fn::GetAtt': ['B', 'Colour'] } } },
        B: { Type: 'Test::Mirror', Properties: {} },
      },
    };
    await expect(made(template)).rejects.toThrow(
      'B (Test::Mirror) has no attribute Colour here; known: Arn, Nested.Part',
    );
  });

  it('leaves out a resource whose condition does not hold', async () => {
    const { seen } = await made({
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: {
        A: { Type: 'Test::Mirror', Condition: 'Never', Properties: { Value: 1 } },
        B: { Type: 'Test::Mirror', Properties: { Value: 2 } },
      },
    });
    expect(seen).toEqual({ B: 2 });
  });

  it('refuses a synthesized queue until its type is registered', async () => {
    const assembly = synthesize((stack: Stack) => void new Queue(stack, 'Work'));
    await expect(LocalCloud.deploy(assembly, { clock: new VirtualClock() })).rejects.toThrow(
      /Sample\/Work\w+: the resource type AWS::SQS::Queue/,
    );
  });
});
