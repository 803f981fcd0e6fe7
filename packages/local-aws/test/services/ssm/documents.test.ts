import { describe, expect } from 'vitest';
import { make } from '../permissive.ts';
import { Content, it } from './world.ts';

describe('a document is refused', () => {
  const cases: [string, object, RegExp][] = [
    ['of another schema', { Content: { ...Content, schemaVersion: '1.2' } }, /schemaVersion must be "2.2"/],
    [
      'with an invalid parameter type',
      { Content: { ...Content, parameters: { A: { type: 'Text' } } } },
      /parameters\.A\.type/,
    ],
    [
      'whose interpolationType is at the step',
      { Content: { ...Content, mainSteps: [{ ...Content.mainSteps[0], interpolationType: 'ENV_VAR' }] } },
      /interpolationType/,
    ],
    [
      'with a pattern that the agent cannot read',
      { Content: { ...Content, parameters: { A: { type: 'String', allowedPattern: '^(?=1).$' } } } },
      /parameters\.A\.allowedPattern: .*error parsing regexp/,
    ],
    ['above 64 KB', { Content: { ...Content, description: 'x'.repeat(65_536) } }, /size limit of a document is 64 KB/],
    ['under a reserved name', { Name: 'aws-install' }, /reserved/],
  ];
  it.for(cases)('%s', async ([_name, properties, message], { world: { aws, ssm } }) => {
    const all = { Name: 'other', Content, DocumentType: 'Command', ...properties };
    await expect(make(aws, ssm.resourceTypes, 'AWS::SSM::Document', all)).rejects.toThrow(message);
  });

  it('unless it is YAML with the same content', async ({ world: { aws, ssm } }) => {
    const yaml =
      'schemaVersion: "2.2"\nmainSteps:\n  - action: aws:runShellScript\n    name: a\n    inputs: { runCommand: ["true"] }\n';
    const made = make(aws, ssm.resourceTypes, 'AWS::SSM::Document', {
      Name: 'y',
      Content: yaml,
      DocumentFormat: 'YAML',
      DocumentType: 'Command',
    });
    await expect(made).rejects.toThrow(/Name/);
    const named = { Name: 'yaml', Content: yaml, DocumentFormat: 'YAML', DocumentType: 'Command' };
    await expect(make(aws, ssm.resourceTypes, 'AWS::SSM::Document', named)).resolves.toMatchObject({ ref: 'yaml' });
  });
});
