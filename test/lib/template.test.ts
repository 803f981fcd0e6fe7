import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { likelyArrival } from '../../domain/agents.ts';
import { functionSettings } from '../../domain/function-settings.ts';
import { agentWait } from '../../lambdas/dispatch/waiting.ts';
import { ConfigError } from '../../lib/config/config-error.ts';
import { rolloutStatement } from '../scenarios/grant-rollouts.ts';
import { faultsOf } from './service-spec.ts';
import { all, of, stackOf, template, text } from './synthesized.ts';

describe('the template', () => {
  it('has only what CloudFormation knows, and everything it requires', () => {
    expect(faultsOf(template.Resources)).toEqual([]);
  });

  it('would fail with a property that CloudFormation does not know', () => {
    const [[id, queue] = []] = of('AWS::SQS::Queue');
    const bad = {
      [id ?? '']: {
        ...queue,
        Type: 'AWS::SQS::Queue',
        Properties: { ...queue?.Properties, Visibility: 1, VisibilityTimeout: 'x' },
      },
    };
    expect(faultsOf(bad)).toHaveLength(2);
  });

  it('passes the AWS Solutions rules of cdk-nag, with a reason for each exception', () => {
    expect(() =>
      stackOf('clusters: [{name: demo}]\ndoctor: {schedule: rate(1 day)}\nartifacts: mirror').synth(),
    ).not.toThrow();
    expect(() => stackOf('clusters: [{name: demo}]', false).synth()).toThrow();
  });

  it('has no bucket, and no document that reads one, unless artifacts is mirror', () => {
    expect([...of('AWS::S3::Bucket'), ...of('Custom::AirlockArtifact')]).toEqual([]);
    expect(text).not.toContain('SourceX8664');
    const mirrored = stackOf('clusters: [{name: demo}]\nruntimes: {gvisor: {}}\nartifacts: mirror');
    const made = Template.fromStack(mirrored.node.findChild('Airlock') as Stack);
    made.resourceCountIs('Custom::AirlockArtifact', 6);
    made.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      },
    });
    made.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    });
  });

  it('lets reconcile write rollouts only if airlock.yaml has the block rollout', () => {
    const rightsOf = (config: string) => {
      const { Resources } = stackOf(config).synth().getStackByName('Airlock').template as typeof template;
      const policies = Object.entries(Resources).filter(([id]) => id.startsWith('ReconcileRoleDefaultPolicy'));
      return policies.flatMap(
        ([, { Properties }]) => Properties['PolicyDocument'].Statement as { Condition?: object }[],
      );
    };
    const [without, having] = ['', '\nrollout: {}'].map((rest) => rightsOf(`clusters: [{name: demo}]${rest}`));
    const added = having?.filter((one) => !without?.some((other) => JSON.stringify(other) === JSON.stringify(one)));
    expect(having).toEqual(expect.arrayContaining(without ?? []));
    expect(added).toEqual([{ ...rolloutStatement, Resource: expect.anything() }]);
  });

  it("stays below CloudFormation's limits of a megabyte and 500 resources", () => {
    expect(Buffer.byteLength(text)).toBeLessThan(800_000);
    expect(all.length).toBeLessThan(250);
  });

  it('names no partition, no account and no region', () => {
    expect(text).not.toMatch(/arn:aws[:-]/);
    expect(text).not.toMatch(/\b\d{12}\b/);
    expect(text).not.toMatch(/\b(us|eu|ap)-[a-z]+-\d\b/);
  });

  it('accepts several clusters, each with its own function, looked up or given', () => {
    const given = '{name: lab, endpoint: "https://10.0.0.1:6443", certificateAuthority: LS0tLS1CRUdJTiBDRVJU}';
    const app = stackOf(`clusters: [{name: one}, {name: two}, ${given}]`);
    const { Resources } = app.synth().getStackByName('Airlock').template as typeof template;
    const types = Object.values(Resources).map(({ Type }) => Type);
    expect(types.filter((type) => type === 'Custom::AirlockFoundCluster')).toHaveLength(2);
    expect(types.filter((type) => type === 'Custom::AirlockManifests')).toHaveLength(2);
    // One for each cluster's function. The function that prepares the cluster has none except while it runs.
    expect(types.filter((type) => type === 'AWS::EKS::AccessEntry')).toHaveLength(2);
    const clusters = Object.values(Resources).filter(
      ({ Properties }) => Properties?.['Environment']?.Variables.POWERTOOLS_SERVICE_NAME === 'cluster',
    );
    expect(clusters.map(({ Properties }) => Properties['Environment'].Variables.CLUSTER_NAME)).toEqual([
      'one',
      'two',
      'lab',
    ]);
  });

  it('gives a self-managed cluster its function and its network, and does not call EKS for it', () => {
    const network = '{vpc: vpc-01234567, subnets: [subnet-01234567], securityGroup: sg-01234567}';
    const given = `{name: lab, endpoint: "https://10.0.0.1:6443", certificateAuthority: LS0tLS1CRUdJTiBDRVJU, network: ${network}}`;
    const made = stackOf(`clusters: [${given}]`).synth().getStackByName('Airlock').template as typeof template & {
      readonly Outputs: Record<string, { readonly Value: object }>;
    };
    const typed = (type: string) => Object.values(made.Resources).filter(({ Type }) => Type === type);

    expect(typed('AWS::EKS::AccessEntry')).toEqual([]);
    expect(typed('Custom::AirlockFoundCluster')).toEqual([]);
    expect(typed('Custom::AirlockManifests')).toEqual([]);
    expect(JSON.stringify(made.Resources)).not.toContain('eks:');
    expect(typed('AWS::EC2::SecurityGroupIngress')).toMatchObject([
      { Properties: { GroupId: 'sg-01234567', FromPort: 6443, ToPort: 6443 } },
    ]);
    // People map the role in aws-iam-authenticator, so they need its name.
    expect(Object.keys(made.Outputs)).toContainEqual(expect.stringMatching(/^ClusterlabRoleArn/));
    expect(faultsOf(made.Resources)).toEqual([]);
  });

  it('also has only what CloudFormation knows for a private cluster, and passes cdk-nag', () => {
    const { Resources } = stackOf('clusters: [{name: vault, private: true}]').synth().getStackByName('Airlock')
      .template as typeof template;

    expect(faultsOf(Resources)).toEqual([]);
  });

  it('refuses a version that the catalogue does not have, and lists those that it has', () => {
    const config = 'clusters: [{name: demo}]\nruntimes: {gvisor: {version: "1"}}';
    expect(() => stackOf(config)).toThrow(ConfigError);
    expect(() => stackOf(config)).toThrow(/runtimes\.gvisor\.version: is "1"; accepted: .*20260928\.0/);
    expect(() => stackOf('clusters: [{name: demo}]\nruntimes: {kata: {version: "3.32.0"}}')).toThrow(
      /runtimes\.kata\.version: is "3\.32\.0"; accepted: .*4\.2\.0/,
    );
  });
});

describe('the functions that CloudFormation invokes', () => {
  const invokers = (id: string) =>
    of('AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      Properties['PolicyDocument'].Statement.filter(({ Action, Resource }: { Action: unknown; Resource: unknown }) => {
        return [Action].flat().includes('lambda:InvokeFunction') && JSON.stringify(Resource).includes(id);
      }).flatMap(() => Properties['Roles'].map(({ Ref }: { Ref: string }) => Ref)),
    );

  it.each([
    ['ManifestsGrantFunction', 'CustomResourceProviderRole', 'the framework'],
    ['LookUpFindFunction', 'CustomResourceProviderRole', 'the framework'],
    ['ManifestsPrepareFunction', 'ManifestsGrantRole', 'the function that gives it its right'],
  ])('%s may be invoked only by %s: %s', (name, role) => {
    const [[id = ''] = []] = of('AWS::Lambda::Function').filter(([one]) => one.includes(name));

    expect(invokers(id)).toEqual([expect.stringMatching(new RegExp(`${role}[0-9A-F]{8}$`))]);
    expect(of('AWS::Lambda::Permission').filter(([, one]) => JSON.stringify(one).includes(id))).toEqual([]);
    expect(of('AWS::Lambda::EventSourceMapping').filter(([, one]) => JSON.stringify(one).includes(id))).toEqual([]);
  });

  it('omit the whole preparation if people apply the manifests themselves, including the access entry', () => {
    const { Resources } = stackOf('clusters: [{name: demo}]\nmanifests: manual').synth().getStackByName('Airlock')
      .template as typeof template;

    expect(Object.keys(Resources).filter((id) => /Manifests|Prepare|Grant/.test(id))).toEqual([]);
    expect(Object.values(Resources).filter(({ Type }) => Type === 'AWS::EKS::AccessEntry')).toHaveLength(1);
    expect(JSON.stringify(Resources)).not.toContain('AmazonEKSClusterAdminPolicy');
  });

  it('receive no manifest from CloudFormation, and no cluster makes the template much larger', () => {
    const sizeOf = (clusters: number) => {
      const names = Array.from({ length: clusters }, (_, at) => `{name: c${at}, private: true}`);
      const { template: made } = stackOf(`clusters: [${names.join(', ')}]`)
        .synth()
        .getStackByName('Airlock');
      return JSON.stringify(made, undefined, 1).length;
    };
    const [[, applied] = []] = of('Custom::AirlockManifests');

    expect(Object.keys(applied?.Properties ?? {}).sort()).toEqual(['ServiceTimeout', 'ServiceToken', 'Version']);
    expect(sizeOf(3) - sizeOf(2)).toBeLessThan(40_000);
  });

  it("give the nodes' identity access only after the cluster was prepared, and revoke it before the deletion", () => {
    const [[, entry] = []] = of('AWS::EKS::AccessEntry').filter(([id]) => id.startsWith('ClusterdemoEntry'));

    expect((entry as { DependsOn?: string[] } | undefined)?.DependsOn).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ClusterdemoManifestsApplied/),
        // The role is known by then: Lambda has assumed it.
        expect.stringMatching(/^ClusterdemoClusterFunction/),
      ]),
    );
  });
});

describe('functions', () => {
  it('read only variables that their environment has', () => {
    const written = of('AWS::Lambda::Function')
      .map(([, { Properties }]) => Object.keys(Properties['Environment']?.Variables ?? {}))
      .filter((names) => names.includes('POWERTOOLS_SERVICE_NAME'))
      .map((names) =>
        names
          .filter((one) => one !== 'POWERTOOLS_SERVICE_NAME')
          .toSorted()
          .join(' '),
      );
    // Only a private cluster has a function in a VPC, and only doctor.schedule, receiptKey and artifacts bring theirs.
    const read = Object.entries<readonly string[]>(functionSettings)
      .filter(([name]) => !['cluster-inside', 'doctor', 'attestation', 'receipt-key', 'mirror'].includes(name))
      .map(([, names]) =>
        names
          .filter((one) => !['INSIDE_FUNCTION', 'MIRROR'].includes(one))
          .toSorted()
          .join(' '),
      );
    expect(written.toSorted()).toEqual(read.toSorted());
  });

  const ours = of('AWS::Lambda::Function').filter(
    ([, { Properties }]) => Properties['Environment']?.Variables.POWERTOOLS_SERVICE_NAME,
  );

  it.each(ours)('%s runs on arm64 and Node 24, with its own role', (id, { Properties }) => {
    expect(Properties['Architectures']).toEqual(['arm64']);
    expect(Properties['Runtime']).toBe('nodejs24.x');
    const sharing = ours.filter(
      ([, other]) => JSON.stringify(other.Properties['Role']) === JSON.stringify(Properties['Role']),
    );
    expect(sharing.map(([other]) => other)).toEqual([id]);
  });
});

describe('queues', () => {
  const mappings = of('AWS::Lambda::EventSourceMapping').map(([id, { Properties }]) => {
    const queue = template.Resources[Properties['EventSourceArn']['Fn::GetAtt'][0]];
    const consumer = template.Resources[Properties['FunctionName'].Ref];
    return { id, mapping: Properties, queue: queue?.Properties ?? {}, timeout: consumer?.Properties['Timeout'] };
  });

  it.each(mappings)("$id: a message stays invisible for six times its consumer's time-out", ({ queue, timeout }) => {
    expect(queue['VisibilityTimeout']).toBeGreaterThanOrEqual(6 * timeout);
  });

  it.each(mappings)(
    '$id: one bad message does not fail its batch, and at least two batches run at a time',
    ({ mapping }) => {
      expect(mapping['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures']);
      expect(mapping['ScalingConfig'].MaximumConcurrency).toBeGreaterThanOrEqual(2);
    },
  );

  it.each(mappings)('$id: a single message is delivered immediately, by two functions at most', ({ mapping }) => {
    expect(mapping['MaximumBatchingWindowInSeconds'] ?? 0).toBe(0);
    expect(mapping['BatchSize']).toBe(10);
    expect(mapping['ScalingConfig'].MaximumConcurrency).toBe(2);
  });

  it('let a node wait for its agent until the longest deadline without a dead letter', () => {
    const commands = mappings.find(({ id }) => id.startsWith('Dispatch'));
    const longest = 120 * 60;
    for (const likely of [likelyArrival([]), likelyArrival([0, 600, 0, 600, 0, 600])]) {
      let receives = 0;
      for (let age = 0; age < longest; age += agentWait(age * 1_000, longest * 1_000, likely, 1)) receives++;
      expect(commands?.queue['RedrivePolicy'].maxReceiveCount).toBeGreaterThan(3 * receives);
    }
  });

  it('have dead letters, each with an alarm that explains how to redrive them', () => {
    const withDead = of('AWS::SQS::Queue').filter(([, { Properties }]) => Properties['RedrivePolicy']);
    const alarms = of('AWS::CloudWatch::Alarm').filter(([id]) => id.includes('DeadLetters'));
    expect(withDead.length).toBeGreaterThan(2);
    const moves = alarms.map(([, { Properties }]) => JSON.stringify(Properties['AlarmDescription']));
    for (const [id, { Properties }] of withDead) {
      const [dead] = Properties['RedrivePolicy'].deadLetterTargetArn['Fn::GetAtt'];
      const command = new RegExp(
        `start-message-move-task --source-arn ",.*GetAtt":\\["${dead}".*--destination-arn ".*GetAtt":\\["${id}"`,
      );
      expect(moves.filter((said) => command.test(said)).length, id).toBe(1);
    }
    expect(alarms).toHaveLength(withDead.length);
  });
});

describe('rules', () => {
  it('match the end of a command on only one instance, and only for our documents', () => {
    const [ended] = of('AWS::Events::Rule').filter(([id]) => id.startsWith('ResultsEnded'));
    const pattern = ended?.[1].Properties['EventPattern'];
    expect(pattern['detail-type']).toEqual(['EC2 Command Invocation Status-change Notification']);
    expect(pattern.detail['document-name']).toEqual([{ prefix: 'airlock-' }]);
    for (const [, { Properties }] of of('AWS::SSM::Document')) expect(Properties['Name']).toMatch(/^airlock-/);
  });

  it('have a dead-letter queue if they feed a queue', () => {
    for (const [, { Properties }] of of('AWS::Events::Rule')) {
      for (const target of Properties['Targets']) {
        const toQueue = JSON.stringify(target.Arn).includes('Queue');
        expect(target.DeadLetterConfig !== undefined).toBe(toQueue);
      }
    }
  });
});
