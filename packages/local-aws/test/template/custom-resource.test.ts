import { CfnOutput, CustomResource, Duration, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { AwsError, operation, type Service } from '../../gateway/service.ts';
import { sampleFunction, synthesize } from '../app/sample.ts';

const eks: Service = {
  name: 'eks',
  operations: {
    DescribeCluster: operation(
      ({ name }: { name: string }) => [
        { action: 'eks:DescribeCluster', resource: `arn:aws:eks:eu-central-1:123456789012:cluster/${name}` },
      ],
      ({ name }: { name: string }) => {
        if (name !== 'blue')
          throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
        return { cluster: { name, endpoint: 'https://127.0.0.1:6443', certificateAuthority: { data: 'Q0E=' } } };
      },
    ),
  },
};

function lookingUp(cluster: string): string {
  return synthesize((stack: Stack) => {
    const call = {
      service: 'EKS',
      action: 'describeCluster',
      parameters: { name: cluster },
      physicalResourceId: PhysicalResourceId.of(cluster),
      outputPaths: ['cluster.endpoint', 'cluster.certificateAuthority.data'],
    };
    const resource = new AwsCustomResource(stack, 'Cluster', {
      onUpdate: call,
      installLatestAwsSdk: false,
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({ actions: ['eks:DescribeCluster'], resources: [`arn:aws:eks:*:*:cluster/${cluster}`] }),
      ]),
    });
    new CfnOutput(stack, 'Endpoint', { value: resource.getResponseField('cluster.endpoint') });
    new CfnOutput(stack, 'Authority', { value: resource.getResponseField('cluster.certificateAuthority.data') });
  });
}

describe('a custom resource', () => {
  it('looks up a cluster with the unmodified AwsCustomResource of CDK', async () => {
    const cloud = await LocalCloud.deploy(lookingUp('blue'), { clock: new VirtualClock(), services: [eks] });
    expect(cloud.outputs).toMatchObject({ Endpoint: 'https://127.0.0.1:6443', Authority: 'Q0E=' });
    expect(cloud.calls.get('eks:DescribeCluster')).toBe(1);
    await cloud.stop();
  });

  it("fails the deployment with its function's reason", async () => {
    const deployment = LocalCloud.deploy(lookingUp('red'), { clock: new VirtualClock(), services: [eks] });
    await expect(deployment).rejects.toThrow(
      /Sample\/Cluster\w+ \(Custom::AWS\) cannot be made: .*FAILED.*No cluster found for name: red\./,
    );
  });

  it('fails the deployment when its function never answers', async () => {
    const assembly = synthesize((stack: Stack) => {
      const silent = sampleFunction(stack, 'Silent', 'counting');
      new CustomResource(stack, 'Waiting', {
        serviceToken: silent.functionArn,
        serviceTimeout: Duration.minutes(5),
        properties: {},
      });
    });
    const clock = new VirtualClock();
    const start = clock.now();
    await expect(LocalCloud.deploy(assembly, { clock })).rejects.toThrow(/no response was received within 300 seconds/);
    expect(clock.now() - start).toBe(300_000);
  });
});
