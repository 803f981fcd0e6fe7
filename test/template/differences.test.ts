import { describe, expect, it } from 'vitest';
import { compareTemplates } from './differences.ts';

const definition = (state: string, seconds: number) =>
  JSON.stringify({ StartAt: state, States: { [state]: { Type: 'Wait', Seconds: seconds, End: true } } });

/** A stack of one queue, one policy and one state machine. */
function template({ name = 'Sweep', action = 'sqs:SendMessage', seconds = 5, hash = 'a', text = 'Sweeps.' } = {}) {
  return {
    Description: text,
    Resources: {
      [`${name}Queue0123ABCD`]: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 180, QueueName: name } },
      [`${name}Policy4567ABCD`]: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyDocument: {
            Statement: [
              { Action: action, Effect: 'Allow', Resource: { 'Fn::GetAtt': [`${name}Queue0123ABCD`, 'Arn'] } },
            ],
          },
        },
      },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: { DefinitionString: definition(name, seconds) },
      },
      Code: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: `${hash.repeat(64)}.zip` } } },
    },
  };
}

describe('the difference between two templates', () => {
  it('is empty between a template and itself', () => {
    const found = compareTemplates(template(), template());
    expect(found).toEqual({ structure: [], names: new Map(), descriptions: 0, versions: 0 });
  });

  it('ignores names, wherever they are used, descriptions, and the hashes of assets', () => {
    const found = compareTemplates(template(), template({ name: 'Reconcile', text: 'Reconciles.', hash: 'b' }));
    expect(found.structure).toEqual([]);
    expect(found).toMatchObject({ descriptions: 1, versions: 1 });
  });

  it.each([
    ['a right', { action: 'sqs:DeleteMessage' }, 'sqs:DeleteMessage'],
    ['a number of a state', { seconds: 6 }, 'Seconds: 5 → 6'],
  ])('includes %s, even under another name', (_, change, line) => {
    const found = compareTemplates(template(), template({ name: 'Reconcile', ...change }));
    expect(found.structure).toEqual([expect.stringContaining(line)]);
  });

  it('includes a reference to another resource, although both exist before and after', () => {
    const twoQueues = (target: string) => ({
      Resources: {
        One: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 1 } },
        Other: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 2 } },
        Url: { Type: 'AWS::SSM::Parameter', Properties: { Value: { Ref: target } } },
      },
    });
    const { structure } = compareTemplates(twoQueues('One'), twoQueues('Other'));
    expect(structure).toEqual(['Resources.Url.Properties.Value.Ref: "One" → "Other"']);
  });

  it('includes a resource that was added, and one that was removed', () => {
    const before = template();
    const after = { ...before, Resources: { ...before.Resources, More: { Type: 'AWS::SNS::Topic' } } };
    expect(compareTemplates(before, after).structure).toEqual([expect.stringMatching(/^Resources\.More: absent → /)]);
    expect(compareTemplates(after, before).structure).toEqual([
      expect.stringMatching(/^Resources\.More: .* → absent$/),
    ]);
  });
});
