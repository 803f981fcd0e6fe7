import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, inject, it } from 'vitest';
import { auditPage, eventsSchema } from '../../cli/pages/audit.ts';
import { awsErrorsPage } from '../../cli/pages/aws-errors.ts';
import { doorsPage } from '../../cli/pages/doors/page.ts';
import { faultsPage } from '../../cli/pages/faults.ts';
import { metricsPage } from '../../cli/pages/metrics.ts';
import { outcomesPage } from '../../cli/pages/outcomes.ts';
import { rightsPage } from '../../cli/pages/rights.ts';
import { likelyArrival } from '../../domain/agents.ts';
import { defaultVersion, parseCatalogue } from '../../domain/catalogue.ts';
import { functionSettings } from '../../domain/function-settings.ts';
import { type MetricDefinition, type MetricName, metricNamespace, metrics } from '../../domain/metrics.ts';
import { parametersFor, verbs } from '../../domain/parameters.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { agentWait } from '../../lambdas/dispatch/waiting.ts';
import { AirlockStack } from '../../lib/airlock-stack.ts';
import { alarmTable } from '../../lib/alarm-table.ts';
import { ConfigError } from '../../lib/config/config-error.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { assembleDocument } from '../../ssm-documents/assemble.ts';
import { alarmName } from '../alarms.ts';
import { rolloutStatement } from '../scenarios/grant-rollouts.ts';
import { faultsOf } from './service-spec.ts';

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read here in all its shapes
  readonly Properties: Record<string, any>;
}

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8');
const template = JSON.parse(text) as { readonly Resources: Record<string, Resource> };
const all = Object.entries(template.Resources);
const of = (type: string) => all.filter(([, resource]) => resource.Type === type);
const catalogue = parseCatalogue(readFileSync(join(root, 'ssm-documents', 'catalogue.yaml'), 'utf8'));

function stackOf(config: string, acknowledged = true): App {
  const outdir = mkdtempSync(join(inject('scratch'), 'stack-'));
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new AirlockStack(app, 'Airlock', { config: parseConfig(config), catalogue });
  if (!acknowledged) {
    for (const construct of stack.node.findAll()) {
      const kept = construct.node.metadata.filter(({ type }) => type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
      construct.node.metadata.splice(0, construct.node.metadata.length, ...kept);
      Reflect.set(construct.node, '_metadata', kept);
    }
  }
  return app;
}

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

describe('alarms', () => {
  const page = readFileSync(join(root, 'docs', 'operate', 'alarms.md'), 'utf8');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section): [string, string] => [section.split('\n')[0] ?? '', section]),
  );
  const config =
    'clusters: [{name: demo}]\ntargets: {releaseSeconds: 120}\ndoctor: {schedule: rate(1 day)}\nrollout: {}\nnotifications: {topicArn: "arn:aws:sns:eu-central-1:123456789012:a"}';
  const full = Template.fromStack(stackOf(config).node.findChild('Airlock') as Stack);
  const descriptions = [
    ...Object.values(full.findResources('AWS::CloudWatch::Alarm')),
    ...Object.values(full.findResources('AWS::CloudWatch::CompositeAlarm')),
  ].map(({ Properties }) => JSON.stringify(Properties.AlarmDescription));
  const anchors = descriptions.map((text) => /Runbook: docs\/operate\/alarms\.md#([a-z]+)"/.exec(text)?.[1]);

  it('each have a heading in docs/operate/alarms.md that their description ends with, and each heading an alarm', () => {
    const headings = [...sections.keys()].filter((heading) => heading !== 'Dead letters');
    expect(new Set(anchors)).toEqual(new Set(headings.map((heading) => heading.toLowerCase())));
  });

  it('each have a runbook: what it means, how to see it, what to do, how to know that it is over', () => {
    for (const [heading, section] of sections) {
      if (heading === 'Dead letters') continue;
      const parts = [...section.matchAll(/^- \*\*(\w+)\*\*: /gm)].map(([, part]) => part);
      expect(parts, heading).toEqual(['Means', 'See', 'Do', 'Over']);
    }
  });

  it('watch a metric that Airlock emits, under one of its sets of dimensions, or one that AWS does', () => {
    const ofAws = ['AWS/SQS ApproximateNumberOfMessagesVisible', 'AWS/Lambda Errors'];
    for (const { Properties } of Object.values(full.findResources('AWS::CloudWatch::Alarm'))) {
      const { Namespace, MetricName, Dimensions = [] } = Properties;
      if (Namespace !== metricNamespace) {
        expect(ofAws).toContain(`${Namespace} ${MetricName}`);
        continue;
      }
      const { dimensions, emittedBy }: MetricDefinition = metrics[MetricName as MetricName];
      const keys = Dimensions.map(({ Name }: { Name: string }) => Name);
      expect(
        dimensions.map((set) => set.toSorted()),
        MetricName,
      ).toEqual(expect.arrayContaining([keys.toSorted()]));
      const service = Dimensions.find(({ Name }: { Name: string }) => Name === 'service')?.Value;
      if (service !== undefined) expect(emittedBy).toEqual([service]);
    }
  });

  it('have the statistic, period, threshold and rule for missing data of their row', () => {
    const rows = alarmTable(parseConfig(config));
    for (const [id, { Properties }] of Object.entries(full.findResources('AWS::CloudWatch::Alarm'))) {
      const name = alarmName(id);
      const row = rows.find((one) => name === one.name || (one.scope === 'queue' && name.endsWith(one.name)));
      expect(Properties.ExtendedStatistic ?? Properties.Statistic, id).toEqual(row?.statistic);
      expect(Properties.Period, id).toEqual((row?.minutes ?? 0) * 60);
      expect(Properties.Threshold, id).toEqual(row?.threshold);
      expect(Properties.ComparisonOperator, id).toEqual(
        row?.fires === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
      );
      expect(Properties.TreatMissingData, id).toEqual(row?.missing === 'fires' ? 'missing' : 'notBreaching');
      expect(Properties.EvaluationPeriods, id).toBe(1);
    }
  });

  it('of one cluster notify as one, which is quiet while the breaker is open', () => {
    const [[, composite] = []] = Object.entries(full.findResources('AWS::CloudWatch::CompositeAlarm'));
    const rule = JSON.stringify(composite?.['Properties'].AlarmRule);
    for (const name of ['ReleaseRate', 'GatedTooLong', 'ReleaseSlow']) expect(rule).toContain(`Alarms${name}demo`);
    expect(JSON.stringify(composite?.['Properties'].ActionsSuppressor)).toContain('AlarmsBreakerOpendemo');
    const silent = Object.entries(full.findResources('AWS::CloudWatch::Alarm'))
      .filter(([, { Properties }]) => Properties.AlarmActions === undefined)
      .map(([id]) => alarmName(id));
    expect(silent.toSorted()).toEqual(['GatedTooLong', 'ReleaseRate', 'ReleaseSlow']);
  });

  it('leave out the composite, which costs as much as five, if there is no topic to notify', () => {
    expect(of('AWS::CloudWatch::CompositeAlarm')).toEqual([]);
  });

  it('fire for a reconcile or a doctor that never runs: no data notifies only there', () => {
    const onNoData = Object.entries(full.findResources('AWS::CloudWatch::Alarm'))
      .filter(([, { Properties }]) => Properties.InsufficientDataActions !== undefined)
      .map(([id]) => alarmName(id));
    expect(onNoData.toSorted()).toEqual(['DoctorFindings', 'ReconcileSilent']);
  });

  it('count the errors of every function', () => {
    // The framework of custom resources adds its own functions.
    const ours = of('AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties['Environment']?.Variables.POWERTOOLS_SERVICE_NAME !== undefined,
    );
    const groups = ours.map(([, { Properties }]) => Properties['LoggingConfig'].LogGroup.Ref);
    expect(groups.length).toBeGreaterThan(8);
    const counted = of('AWS::Logs::MetricFilter').map(([, { Properties }]) => Properties['LogGroupName'].Ref);
    expect(counted.toSorted()).toEqual(groups.toSorted());
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

describe('documents', () => {
  it.each(of('AWS::SSM::Document'))(
    '%s: parameters are passed by the environment and are anchored',
    (_, { Properties }) => {
      const { schemaVersion, parameters, mainSteps } = JSON.parse(Properties['Content']);
      expect(schemaVersion).toBe('2.2');
      for (const parameter of Object.values<Record<string, string>>(parameters)) {
        expect(parameter['interpolationType']).toBe('ENV_VAR');
        const pattern = parameter['allowedPattern'];
        expect(parameter['allowedValues'] !== undefined || /^\^.*\$$/.test(pattern ?? '')).toBe(true);
      }
      expect(JSON.stringify(mainSteps)).not.toContain('{{');
      expect(Properties['Content'].length).toBeLessThanOrEqual(63 * 1024);
    },
  );

  it('are passed to dispatch with the hash of the text that CloudFormation deploys', () => {
    const [dispatch] = of('AWS::Lambda::Function').filter(([id]) => id.startsWith('DispatchFunction'));
    const variables = JSON.stringify(dispatch?.[1].Properties['Environment'].Variables.DOCUMENTS);
    const sent = of('AWS::SSM::Document').filter(([id]) => variables.includes(id));
    expect(sent).toHaveLength(2 * runtimes.length);
    for (const [id, { Properties }] of sent) {
      const hash = createHash('sha256').update(Properties['Content']).digest('hex');
      expect(variables.split(hash).length, id).toBe(2);
    }
  });

  it.each(['prove', 'refuse'])('get from airlock.yaml how to treat unknown hosts: %s', (policy) => {
    const stack = Template.fromStack(
      stackOf(`clusters: [{name: demo}]\nunknownHosts: ${policy}`).node.findChild('Airlock') as Stack,
    );

    const scripts = Object.values(stack.findResources('AWS::SSM::Document')).map(
      ({ Properties }) => Properties.Content,
    );
    const preflights = scripts.filter((script) => /(\\n|") *refuse_known_bad(\\n|")/.test(script));

    expect(preflights).toHaveLength(runtimes.length);
    for (const script of preflights) expect(script).toContain(`unknown_hosts=${policy} `);
  });

  it.each(runtimes)('of %s declare exactly the parameters that they are sent with', (runtime) => {
    const version = defaultVersion(catalogue, runtime);
    for (const verb of verbs) {
      const { parameters } = assembleDocument(catalogue, runtime, verb).content;
      expect(Object.keys(parameters), verb).toEqual(Object.keys(parametersFor(verb, { runtime, version })));
    }
  });
});

describe('pages that are generated from the code', () => {
  it.each([
    ['understand/aws-errors.md', awsErrorsPage()],
    ['contribute/fault-catalogue.md', faultsPage()],
    ['../airlock-events.schema.json', eventsSchema()],
    ['operate/audit.md', auditPage()],
    ['operate/metrics.md', metricsPage()],
    ['operate/outcomes.md', outcomesPage()],
    ['understand/doors.md', doorsPage(template)],
    ['understand/rights.md', rightsPage(template)],
  ])('%s is up to date with the code: npm run docs', (name, page) => {
    expect(readFileSync(join(root, 'docs', name), 'utf8')).toBe(page);
  });
});
