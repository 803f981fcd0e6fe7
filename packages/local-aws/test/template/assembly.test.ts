import { join } from 'node:path';
import { App, CfnOutput, Stack, Stage } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { assemblyOf, synthesize, temporaryFolder } from '../app/sample.ts';

const deploy = (assembly: string) => LocalCloud.deploy(assembly, { clock: new VirtualClock() });

describe('a cloud assembly', () => {
  it('is refused if the folder holds none', async () => {
    await expect(deploy(temporaryFolder())).rejects.toThrow(/holds no cloud assembly: manifest\.json is missing/);
  });

  it('is refused with a Stage in it', async () => {
    const outdir = temporaryFolder();
    const app = new App({ outdir, analyticsReporting: false });
    new Stack(new Stage(app, 'Production'), 'Sample');
    app.synth();
    await expect(deploy(outdir)).rejects.toThrow(/the nested assembly \S*Production\S* \(a Stage\) is not known here/);
  });

  it.each([
    [
      'bytes',
      { Description: 'x'.repeat(1_048_576), Resources: {} },
      /has 1048\d\d\d bytes; CloudFormation takes 1048576/,
    ],
    [
      'resources',
      {
        Resources: Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`R${at}`, { Type: 'AWS::SQS::Queue' }])),
      },
      /has 501 resources; CloudFormation takes 500 at most/,
    ],
  ])('is refused with more %s than CloudFormation accepts', async (_, template, message) => {
    await expect(deploy(assemblyOf(template))).rejects.toThrow(message);
  });

  it('shows its outputs, and its resources by logical id and by path', async () => {
    const cloud = await deploy(
      synthesize((stack: Stack) => {
        const group = new LogGroup(stack, 'Audit', { logGroupName: '/audit' });
        new LogGroup(new Construct(new Stack(stack.node.root, 'Other'), 'Trail'), 'Audit');
        new CfnOutput(stack, 'GroupName', { value: group.logGroupName });
      }),
    );
    expect(cloud.outputs).toEqual({ GroupName: '/audit', 'Sample.GroupName': '/audit' });
    const { logicalId } = cloud.resource('Sample/Audit');
    expect(cloud.resource(logicalId)).toMatchObject({ ref: '/audit', type: 'AWS::Logs::LogGroup', stack: 'Sample' });
    expect(() => cloud.resource('Audit')).toThrow('2 resources (');
    expect(() => cloud.resource('Nothing')).toThrow('no resource with the logical id or path Nothing');
    expect(cloud.logs.groups[1]).toMatch(/^Other-TrailAudit\w+-[A-Z0-9]{12}$/);
  });

  it('names a resource alike in every run', async () => {
    const build = (stack: Stack) => void new LogGroup(stack, 'Audit');
    const [one, other] = [await deploy(synthesize(build)), await deploy(synthesize(build))];
    expect(one.logs.groups).toEqual(other.logs.groups);
  });

  it('is refused with code inside the template', async () => {
    const assembly = synthesize((stack: Stack) => {
      const code = Code.fromInline('exports.handler = async () => {};');
      new LambdaFunction(stack, 'Inline', { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
    });
    await expect(deploy(assembly)).rejects.toThrow(
      /Sample\/Inline\w+ \(AWS::Lambda::Function\) cannot be made: .*Code/,
    );
  });

  it('is refused with a role that Lambda may not assume', async () => {
    const assembly = synthesize((stack: Stack) => {
      const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
      const code = Code.fromAsset(join(import.meta.dirname, '../app/functions'));
      new LambdaFunction(stack, 'Plain', { role, code, handler: 'plain.isolated', runtime: Runtime.NODEJS_24_X });
    });
    await expect(deploy(assembly)).rejects.toThrow(
      /The service lambda\.amazonaws\.com is not authorized to assume the role/,
    );
  });
});
