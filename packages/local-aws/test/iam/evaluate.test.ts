// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are policy variables.
import { describe, expect, it } from 'vitest';
import { type Caller, evaluateIdentity, evaluateResource, type Question, type Verdict } from '../../iam/evaluate.ts';
import { readPolicy } from '../../iam/policy.ts';

const Version = '2012-10-17';
const arn = 'arn:aws:sqs:eu-central-1:123456789012:launches';

function question(
  action: string,
  resource: string,
  context: Record<string, string | readonly string[]> = {},
): Question {
  const keys = Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()] as const);
  return { action, resource, context: new Map(keys) };
}

function decide(statements: object[], asked: Question): Verdict {
  return evaluateIdentity([readPolicy({ Version, Statement: statements })], asked);
}

const allow = (rest: object) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...rest });
const deny = (rest: object) => ({ Effect: 'Deny', Action: '*', Resource: '*', ...rest });

/** IAM User Guide, "Policy evaluation logic" and "Policy evaluation for requests within a single account". */
describe('the order of decisions', () => {
  it('denies by default', () => {
    expect(decide([], question('sqs:SendMessage', arn))).toBe('implicit-deny');
  });

  it('allows what one statement allows', () => {
    expect(decide([allow({})], question('sqs:SendMessage', arn))).toBe('allow');
  });

  it('gives an explicit deny precedence over an allow', () => {
    const statements = [allow({}), deny({ Action: 'sqs:SendMessage' })];
    expect(decide(statements, question('sqs:SendMessage', arn))).toBe('explicit-deny');
    expect(decide(statements, question('sqs:ReceiveMessage', arn))).toBe('allow');
  });
});

/** IAM User Guide, "IAM JSON policy elements: Action / NotAction / Resource / NotResource". */
describe('actions and resources', () => {
  it.each([
    ['sqs:SendMessage', 'sqs:SendMessage', 'allow'],
    ['SQS:sendmessage', 'sqs:SendMessage', 'allow'],
    ['sqs:Send*', 'sqs:SendMessage', 'allow'],
    ['sqs:*', 'ssm:SendCommand', 'implicit-deny'],
    ['sqs:?endMessage', 'sqs:SendMessage', 'allow'],
    ['*', 'ssm:SendCommand', 'allow'],
  ])('the action %s against %s: %s', (Action, asked, verdict) => {
    expect(decide([allow({ Action })], question(asked, arn))).toBe(verdict);
  });

  it.each([
    [arn, arn, 'allow'],
    ['arn:aws:sqs:*:*:launches', arn, 'allow'],
    ['arn:aws:sqs:eu-central-1:123456789012:Launches', arn, 'implicit-deny'],
    ['arn:aws:sqs:eu-central-1:123456789012:launch??', arn, 'allow'],
    ['arn:aws:sqs:eu-central-1:123456789012:launch?', arn, 'implicit-deny'],
    ['arn:aws:ec2:*:*:instance/*', 'arn:aws:ec2:eu-central-1:123456789012:instance/i-1', 'allow'],
  ])('the resource %s against %s: %s', (Resource, asked, verdict) => {
    expect(decide([allow({ Resource })], question('sqs:SendMessage', asked))).toBe(verdict);
  });

  it('reads NotAction and NotResource as everything else', () => {
    const statements = [{ Effect: 'Allow', NotAction: 'iam:*', NotResource: arn }];
    expect(decide(statements, question('sqs:SendMessage', `${arn}-2`))).toBe('allow');
    expect(decide(statements, question('sqs:SendMessage', arn))).toBe('implicit-deny');
    expect(decide(statements, question('iam:PassRole', `${arn}-2`))).toBe('implicit-deny');
  });
});

/** IAM User Guide, "IAM JSON policy elements: Condition operators". */
describe('condition operators', () => {
  const tag = { 'aws:ResourceTag/acme:runtime': 'orders' };
  it.each<[string, Record<string, unknown>, Record<string, string>, boolean]>([
    ['StringEquals', { 'aws:ResourceTag/acme:runtime': 'orders' }, tag, true],
    ['StringEquals', { 'aws:resourcetag/Acme:Runtime': 'orders' }, tag, true],
    ['StringEquals', { 'aws:ResourceTag/acme:runtime': ['payments', 'orders'] }, tag, true],
    ['StringEquals', { 'aws:ResourceTag/acme:runtime': 'ORDERS' }, tag, false],
    ['StringEquals', { 'aws:ResourceTag/acme:runtime': 'orders' }, {}, false],
    ['StringNotEquals', { 'aws:ResourceTag/acme:runtime': ['payments', 'orders'] }, tag, false],
    ['StringNotEquals', { 'aws:ResourceTag/acme:runtime': 'payments' }, {}, true],
    ['StringLike', { 'aws:ResourceTag/acme:runtime': 'orders*' }, tag, true],
    ['StringNotLike', { 'aws:ResourceTag/acme:runtime': 'o*' }, tag, false],
    ['StringEqualsIfExists', { 'ssm:DocumentType': 'Command' }, {}, true],
    ['StringEqualsIfExists', { 'ssm:DocumentType': 'Command' }, { 'ssm:DocumentType': 'Automation' }, false],
    [
      'ArnLike',
      { 'aws:SourceArn': 'arn:aws:events:*:123456789012:rule/*' },
      { 'aws:SourceArn': 'arn:aws:events:eu-central-1:123456789012:rule/a' },
      true,
    ],
    [
      'ArnEquals',
      { 'aws:SourceArn': 'arn:aws:*:rule/a' },
      { 'aws:SourceArn': 'arn:aws:events:eu-central-1:123456789012:rule/a' },
      false,
    ],
    [
      'ArnNotLike',
      { 'aws:SourceArn': 'arn:aws:sns:*:*:*' },
      { 'aws:SourceArn': 'arn:aws:events:eu-central-1:123456789012:rule/a' },
      true,
    ],
    ['Bool', { 'aws:SecureTransport': 'false' }, { 'aws:SecureTransport': 'true' }, false],
    ['Null', { 'aws:ResourceTag/acme:runtime': 'true' }, {}, true],
    ['Null', { 'aws:ResourceTag/acme:runtime': 'false' }, {}, false],
  ])('%s %j with %j holds: %s', (operator, keys, context, holds) => {
    const verdict = decide([allow({ Condition: { [operator]: keys } })], question('sqs:SendMessage', arn, context));
    expect(verdict).toBe(holds ? 'allow' : 'implicit-deny');
  });

  it.each(['NumericEquals', 'DateLessThan', 'IpAddress', 'StringEqualsIgnoreCase'])('%s is refused by name', (name) => {
    expect(() => decide([allow({ Condition: { [name]: { 'x:a': '1' } } })], question('sqs:SendMessage', arn))).toThrow(
      `the condition operator ${name} is not known here`,
    );
  });

  it('require every key to hold, with any of its values', () => {
    const Condition = { StringEquals: { 'x:a': ['1', '2'], 'x:b': '3' }, Bool: { 'x:c': 'true' } };
    const asked = (a: string, c: string) => question('sqs:SendMessage', arn, { 'x:a': a, 'x:b': '3', 'x:c': c });
    expect(decide([allow({ Condition })], asked('2', 'true'))).toBe('allow');
    expect(decide([allow({ Condition })], asked('4', 'true'))).toBe('implicit-deny');
    expect(decide([allow({ Condition })], asked('2', 'false'))).toBe('implicit-deny');
  });
});

/** IAM User Guide, "Set operators for multivalued context keys". */
describe('set operators', () => {
  const keys = 'aws:TagKeys';
  it.each<[string, readonly string[], readonly string[] | undefined, boolean]>([
    ['ForAllValues:StringEquals', ['a', 'b'], ['a'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
    ['ForAllValues:StringEquals', ['a', 'b'], undefined, true],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], true],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['c'], false],
    ['ForAnyValue:StringEquals', ['a', 'b'], undefined, false],
    ['ForAnyValue:StringLike', ['ac*'], ['acme'], true],
    ['ForAllValues:StringNotEquals', ['a'], ['b', 'c'], true],
    ['ForAllValues:StringNotEquals', ['a'], ['a', 'c'], false],
    ['ForAnyValue:StringNotEquals', ['a'], ['a', 'c'], true],
    ['ForAnyValue:StringNotEquals', ['a'], undefined, false],
  ])('%s %j with %j holds: %s', (operator, values, given, holds) => {
    const asked = question('ec2:CreateTags', '*', given === undefined ? {} : { [keys]: given });
    const verdict = decide([allow({ Condition: { [operator]: { [keys]: values } } })], asked);
    expect(verdict).toBe(holds ? 'allow' : 'implicit-deny');
  });

  it('refuse nothing that has no value, which requires Null beside ForAllValues', () => {
    const ForAll = { 'ForAllValues:StringEquals': { 'events:source': 'acme' } };
    const both = { ...ForAll, Null: { 'events:source': 'false' } };
    const put = (sources?: string[]) => question('events:PutEvents', '*', sources ? { 'events:source': sources } : {});
    expect(decide([allow({ Condition: ForAll })], put())).toBe('allow');
    expect(decide([allow({ Condition: both })], put())).toBe('implicit-deny');
    expect(decide([allow({ Condition: both })], put(['acme']))).toBe('allow');
    expect(decide([allow({ Condition: both })], put(['acme', 'forged']))).toBe('implicit-deny');
  });

  it('are required for a key that has many values: AWS does not define a plain operator for it', () => {
    const Condition = { StringEquals: { 'events:source': 'acme' } };
    expect(() => readPolicy({ Version, Statement: [allow({ Condition })] })).toThrow(
      'the condition key events:source has many values: StringEquals does not say which of them count; accepted: ForAllValues:StringEquals or ForAnyValue:StringEquals',
    );
  });

  it('are required by a request that has many values for a key', () => {
    const Condition = { StringEquals: { 'x:one': 'a' } };
    const asked = question('sqs:SendMessage', arn, { 'x:one': ['a', 'b'] });
    expect(() => decide([allow({ Condition })], asked)).toThrow(
      'the request has 2 values for x:one, which StringEquals cannot be held against',
    );
  });
});

/** IAM User Guide, "IAM policy elements: Variables and tags". */
describe('policy variables', () => {
  const Resource = 'arn:aws:s3:::bucket/${aws:PrincipalTag/team}/${*}';

  it('take the value of the key', () => {
    const asked = question('s3:GetObject', 'arn:aws:s3:::bucket/red/*', { 'aws:PrincipalTag/team': 'red' });
    expect(decide([allow({ Resource })], asked)).toBe('allow');
  });

  it('make the statement not match if the key has no value', () => {
    expect(decide([allow({ Resource })], question('s3:GetObject', 'arn:aws:s3:::bucket//*'))).toBe('implicit-deny');
  });
});

/** IAM User Guide, "AWS JSON policy elements: Principal" and "Cross-service confused deputy prevention". */
describe('the policy of a resource', () => {
  const role: Caller = {
    kind: 'role',
    account: '123456789012',
    roleArn: 'arn:aws:iam::123456789012:role/admit',
    sessionArn: 'arn:aws:sts::123456789012:assumed-role/admit/s',
  };
  const events: Caller = { kind: 'service', service: 'events.amazonaws.com' };
  const asked = (context = {}) => question('sqs:SendMessage', arn, context);
  const of = (statement: object, caller: Caller, context = {}) =>
    evaluateResource(readPolicy({ Version, Statement: [allow(statement)] }), caller, asked(context));

  it('grants a service access, for the source that it names', () => {
    const statement = {
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:eu-central-1:123456789012:rule/launch' } },
    };
    const from = (rule: string) => ({ 'aws:SourceArn': `arn:aws:events:eu-central-1:123456789012:rule/${rule}` });
    expect(of(statement, events, from('launch'))).toBe('allow');
    expect(of(statement, events, from('other'))).toBe('implicit-deny');
    expect(of(statement, { kind: 'service', service: 'sns.amazonaws.com' }, from('launch'))).toBe('implicit-deny');
  });

  it('grants a named role access', () => {
    expect(of({ Principal: { AWS: 'arn:aws:iam::123456789012:role/admit' } }, role)).toBe('allow');
    expect(of({ Principal: { AWS: 'arn:aws:iam::123456789012:role/other' } }, role)).toBe('implicit-deny');
  });

  it('leaves the decision to identity policies if it names the account', () => {
    expect(of({ Principal: { AWS: 'arn:aws:iam::123456789012:root' } }, role)).toBe('implicit-deny');
  });

  it('denies everyone without TLS, as CDK writes it', () => {
    const statement = {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    expect(of(statement, role, { 'aws:SecureTransport': 'false' })).toBe('explicit-deny');
    expect(of(statement, role, { 'aws:SecureTransport': 'true' })).toBe('implicit-deny');
  });
});

describe('a policy that is not understood', () => {
  it.each([
    [
      'operator',
      { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      'the condition operator IpAddress is not known here',
    ],
    ['element', { NotPrincipal: '*' }, 'the policy element NotPrincipal is not known here'],
    ['variable', { Resource: "${aws:username, 'x'}" }, "the policy variable ${aws:username, 'x'} is not known here"],
    ['effect', { Effect: 'Permit' }, 'Effect must be "Allow" or "Deny", not "Permit"'],
  ])('is refused by its %s', (_, rest, message) => {
    expect(() => readPolicy({ Version, Statement: [allow(rest)] })).toThrow(message);
  });

  it('is refused by its version', () => {
    expect(() => readPolicy({ Version: '2008-10-17', Statement: [] })).toThrow(
      'the policy Version must be "2012-10-17"',
    );
  });
});
