import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { judgeEnd } from '../../cli/verify-aws/canary.ts';
import { compareDocument, hashesOf } from '../../cli/verify-aws/documents.ts';
import { grantsOf } from '../../cli/verify-aws/grants.ts';
import { judgeLogPolicies } from '../../cli/verify-aws/log-policies.ts';
import { verificationExitCode } from '../../cli/verify-aws/report.ts';
import { casesOf, variables } from '../../cli/verify-aws/state-cases.ts';
import { airlock } from './airlock.ts';

/** A machine of a user who has never used AWS: no key, no profile, no instance metadata. */
const bare = { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };

describe('airlock verify-aws', () => {
  it('refuses without credentials, and names what it needs', async () => {
    const { code, out, err } = await airlock(['verify-aws'], bare);
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err).toMatch(/^verify:aws needs a real AWS account but found no credentials; accepted: AWS_PROFILE, or /);
  });

  it('refuses with credentials but no region', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) };
    const { code, out, err } = await airlock(['verify-aws'], { ...bare, ...keys });
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err).toMatch(/no region; accepted: AWS_REGION/);
  });
});

describe('the exit code of verify-aws', () => {
  const check = (results: { ok: boolean; text: string }[], notChecked?: string) => ({
    title: 'a check',
    results,
    ...(notChecked === undefined ? {} : { notChecked }),
  });

  it('is 0 only if every check was made and passed, and a check that could not be made is never fine', () => {
    const good = check([{ ok: true, text: '' }]);
    const bad = check([{ ok: false, text: '' }]);
    const blind = check([], 'no right');
    expect([[good], [good, blind], [blind, bad]].map(verificationExitCode)).toEqual([0, 3, 1]);
  });
});

describe('the states that are tested in AWS', () => {
  const template = JSON.parse(readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8'));
  // biome-ignore lint/suspicious/noExplicitAny: the template is read if the stack has put these fields
  const resources = Object.values<any>(template.Resources);
  const machine = resources.find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  const [, parts] = machine.Properties.DefinitionString['Fn::Join'];
  const definition = parts.map((part: unknown) => (typeof part === 'string' ? part : 'aws')).join('');
  const { States } = JSON.parse(definition);

  it('are all those of the state machine, each call with its success and its failure', () => {
    const cases = casesOf(definition);
    expect([...new Set(cases.map(({ stateName }) => stateName))]).toEqual(Object.keys(States));
    for (const { stateName, mock, wanted } of cases) {
      expect(mock !== undefined, stateName).toEqual(States[stateName].Type === 'Task');
      if (wanted.next !== undefined) expect(Object.keys(States)).toContain(wanted.next);
    }
    expect(cases.filter(({ stateName }) => stateName === 'BeginRun').map(({ wanted }) => wanted.next)).toEqual([
      'Install',
      undefined,
    ]);
  });

  it('have a value for every variable that a state assigns, and for every attribute that one reads', () => {
    type Assigning = {
      readonly Assign?: object;
      readonly Catch?: readonly Assigning[];
      readonly Choices?: readonly Assigning[];
    };
    const assigned = ({ Assign = {}, Catch = [], Choices = [] }: Assigning): readonly string[] => [
      ...Object.keys(Assign),
      ...[...Catch, ...Choices].flatMap(assigned),
    ];
    const names = new Set(Object.values<Assigning>(States).flatMap(assigned));
    expect(Object.keys(variables).toSorted()).toEqual([...names].toSorted());

    const updated = casesOf(definition).find(({ stateName, when }) => stateName === 'BeginRun' && when === 'answered');
    const { Attributes } = JSON.parse(updated?.mock?.result ?? '');
    const read = new Set([...definition.matchAll(/states\.result\.Attributes\.(\w+)/g)].map(([, name]) => name));
    read.delete('state');
    expect(Object.keys(Attributes).toSorted()).toEqual([...read].toSorted());
  });

  it('must have an answer for each call: a state with a new call is named', () => {
    const added = JSON.stringify({ States: { New: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish' } } });
    expect(() => casesOf(added)).toThrow('the state New calls sns:publish, which has no answer in state-cases.ts');
  });
});

describe('the rights that are checked in AWS', () => {
  it('are all the rights of a policy one by one, with the values its conditions require', () => {
    const policy = {
      Statement: [
        {
          Effect: 'Allow',
          Action: ['ssm:SendCommand', 'ssm:CancelCommand'],
          Resource: ['arn:aws:ec2:eu-central-1:123456789012:instance/*', '*'],
          Condition: { StringLike: { 'ssm:resourceTag/airlock:runtime': '*' } },
        },
        { Effect: 'Deny', Action: 'iam:*', Resource: '*' },
      ],
    };
    const grants = grantsOf(JSON.stringify(policy));
    expect(grants.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      'ssm:SendCommand arn:aws:ec2:eu-central-1:123456789012:instance/some',
      'ssm:SendCommand *',
      'ssm:CancelCommand arn:aws:ec2:eu-central-1:123456789012:instance/some',
      'ssm:CancelCommand *',
    ]);
    expect(grants[0]?.context).toEqual([
      { ContextKeyName: 'ssm:resourceTag/airlock:runtime', ContextKeyType: 'string', ContextKeyValues: ['some'] },
    ]);
    expect(grants[0]).not.toHaveProperty('excess');
  });

  it('are checked with all values of a key that has many, and with one too many', () => {
    const Condition = {
      'ForAllValues:StringEquals': { 'events:source': ['airlock'] },
      Null: { 'events:source': 'false' },
    };
    const one = {
      Effect: 'Allow',
      Action: 'events:PutEvents',
      Resource: 'arn:aws:events:::event-bus/Airlock',
      Condition,
    };
    const [grant, ...others] = grantsOf(JSON.stringify({ Statement: one }));
    const source = { ContextKeyName: 'events:source', ContextKeyType: 'stringList' };
    expect(others).toEqual([]);
    expect(grant?.context).toEqual([{ ...source, ContextKeyValues: ['airlock'] }]);
    expect(grant?.excess).toEqual([{ ...source, ContextKeyValues: ['airlock', 'foreign'] }]);
  });
});

describe('the end of a canary', () => {
  const receipt = {
    version: 2,
    instanceId: 'i-0123456789abcdef0',
    launchedAt: '2026-11-21T09:00:00.000Z',
    cluster: 'demo',
    pool: 'builders',
    nodeName: 'ip-10-0-0-1',
    outcome: 'released',
    detail: '',
    endedAt: '2026-11-21T09:00:32.000Z',
    totalMs: 32_000,
    readyAt: '2026-11-21T09:00:30Z',
  };

  it('shows the phases of its launch, from its receipt', () => {
    const [ended, phases] = judgeEnd('i-1', { outcome: 'released', receipt: JSON.stringify(receipt) });
    expect(ended).toEqual({ ok: true, text: 'i-1 ended as released' });
    expect(phases?.text).toContain('| released | 32.0 s | 2.0 s |');
  });

  it('is a failure without a release or without a receipt', () => {
    const quarantined = JSON.stringify({ ...receipt, outcome: 'proof-failed' });
    expect(judgeEnd('i-1', { outcome: 'proof-failed', receipt: quarantined })[0]?.ok).toBe(false);
    expect(judgeEnd('i-1', undefined)).toEqual([
      { ok: false, text: 'i-1 ended as nothing: the ledger has no end for it' },
    ]);
    expect(judgeEnd('i-1', { outcome: 'released', receipt: '{' }).at(-1)?.ok).toBe(false);
  });
});

describe('the documents that are compared in AWS', () => {
  const template = readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8');
  const hashes = hashesOf(template);
  const described = { HashType: 'Sha256', LatestVersion: '1' };

  it('are all those of the stack, each with the hash that its commands name', () => {
    const documents = Object.entries<{ Type: string }>(JSON.parse(template).Resources).filter(
      ([, { Type }]) => Type === 'AWS::SSM::Document',
    );
    expect([...hashes.keys()]).toEqual(documents.map(([id]) => id));
    for (const [id, hash] of hashes) if (!id.includes('uninstall')) expect(template.includes(hash), id).toBe(true);
  });

  it.each([
    [{ ...described, Hash: 'aa' }, 'aa', true, 'd: SSM has the hash of the deployed text'],
    [{ ...described, Hash: 'bb' }, 'aa', false, 'd: SSM has the Sha256 bb, but aa was deployed'],
    [{ ...described, HashType: 'Sha1', Hash: 'aa' }, 'aa', false, 'd: SSM has the Sha1 aa, but aa was deployed'],
    [{}, 'aa', false, 'd: SSM has the undefined undefined, but aa was deployed'],
    [
      { ...described, Hash: 'aa', LatestVersion: '2' },
      'aa',
      false,
      'd: it has changed since, to version 2; Airlock sends the first',
    ],
    [{ ...described, Hash: 'aa' }, undefined, false, 'd: the template has no text for it'],
  ])('that SSM describes as %j pass only if their first version is the deployed one', (seen, deployed, ok, text) => {
    expect(compareDocument('d', deployed, seen)).toEqual({ ok, text });
  });
});

describe('the resource policies of CloudWatch Logs', () => {
  const taken = (count: number) => Array.from({ length: count }, (_, at) => `policy-${at}`);
  it.each([
    [taken(9), undefined, true],
    [taken(10), undefined, false],
    [taken(10), 'policy-3', true],
    [taken(10), 'another', false],
  ])('%j have room for one more, unless there are ten and none is %s', (names, own, ok) => {
    expect(judgeLogPolicies(names, own).ok).toBe(ok);
  });

  it('are named if there is no room', () => {
    expect(judgeLogPolicies(taken(10), undefined).text).toMatch(
      /^10 of 10 CloudWatch Logs resource policies are used in this region, and Airlock needs one: delete one, or merge several into one; policy-0, /,
    );
  });
});
