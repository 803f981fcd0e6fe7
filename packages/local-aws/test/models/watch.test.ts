import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { AwsError, here, operation } from '../../gateway/service.ts';
import { Iam } from '../../iam/iam.ts';
import type { ServiceModel } from '../../models/service-model.ts';
import { ModelWatch } from '../../models.ts';

const eks = (name: string): ServiceModel => ({
  operations: {
    [name]: {
      input: { shape: 'Request' },
      output: { shape: 'Answer' },
      errors: [{ shape: 'ResourceNotFoundException' }],
    },
    DescribeCluster: {
      input: { shape: 'Request' },
      output: { shape: 'Answer' },
      errors: [{ shape: 'ResourceNotFoundException' }],
    },
  },
  shapes: {
    Request: { type: 'structure', members: { name: { shape: 'Name' } } },
    Name: { type: 'string', max: 5 },
    Answer: { type: 'structure', members: { cluster: { shape: 'Cluster' } } },
    Cluster: { type: 'structure', required: ['arn'], members: { arn: { shape: 'Name' }, name: { shape: 'Name' } } },
    ResourceNotFoundException: { type: 'structure', members: {}, error: { httpStatusCode: 404 } },
  },
});

/** Calls DescribeCluster, whose stand-in answers without an ARN, and throws what a name is. */
async function describeCluster(name: string): Promise<unknown> {
  const clock = new VirtualClock();
  const iam = new Iam(here, clock);
  const gateway = new Gateway(clock, iam);
  const describe = operation(
    () => [],
    ({ name }: { name: string }) => {
      if (/Exception$/.test(name)) throw new AwsError(name, 'words');
      return { cluster: { name, accessConfig: { authenticationMode: 'API' as const } } };
    },
  );
  await gateway.register({ name: 'eks', operations: { DescribeCluster: describe } });
  const principal = { kind: 'role', roleArn: `arn:aws:iam::${here.account}:role/any`, sessionName: 'any' } as const;
  return gateway.call(principal, 'eks', 'DescribeCluster', { name }).catch((error: unknown) => error);
}

let folder: string;
let watch: ModelWatch;

function begin(model: ServiceModel): void {
  mkdirSync(join(folder, 'eks', '2017-11-01'), { recursive: true });
  writeFileSync(join(folder, 'eks', '2017-11-01', 'service-2.json'), JSON.stringify(model));
  watch = new ModelWatch(folder);
}

beforeEach(() => {
  folder = join(inject('scratch'), 'watched-models');
});
afterEach(() => watch.stop());

it('finds what a request and its answer have that the model does not, each once', async () => {
  begin(eks('CreateAccessEntry'));
  await describeCluster('a-long-name');
  await describeCluster('a-long-name');
  expect(watch.calls).toBe(2);
  expect(watch.take()).toEqual([
    'eks:DescribeCluster takes name: has 11 characters, not 0 to 5',
    'eks:DescribeCluster answers cluster.arn: is required',
    'eks:DescribeCluster answers cluster.name: has 11 characters, not 0 to 5',
    'eks:DescribeCluster answers cluster.accessConfig: is no member',
  ]);
  expect(watch.take()).toEqual([]);
});

it('finds errors that the operation does not have; those that it has get their status', async () => {
  begin(eks('CreateAccessEntry'));
  expect(await describeCluster('ResourceNotFoundException')).toMatchObject({ status: 404 });
  expect(watch.take()).toEqual([]);
  await describeCluster('ResourceInUseException');
  expect(watch.take()).toEqual([
    'eks:DescribeCluster fails with ResourceInUseException, and has only ResourceNotFoundException: words',
  ]);
});

it('excuses what models of 2023 do not have yet, and nothing else', async () => {
  begin(eks('TagResource'));
  await describeCluster('short');
  await describeCluster('ResourceInUseException');
  expect(watch.take()).toEqual(['eks:DescribeCluster answers cluster.arn: is required']);
});

it('compares nothing once it has stopped', async () => {
  begin(eks('CreateAccessEntry'));
  watch.stop();
  await describeCluster('short');
  expect(watch.calls).toBe(0);
});
