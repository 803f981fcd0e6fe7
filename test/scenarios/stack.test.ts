import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { Simulation } from '../../packages/lab/simulation.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { Copy } from '../mutations/assembly.ts';
import { cluster, launch, pass, settle, withPools } from './scenario.ts';

/** An account with a cluster, and nothing deployed. */
async function account(): Promise<Simulation> {
  const world = await Simulation.open({
    clock: new VirtualClock(),
    clusters: [cluster],
    machine: async () => new ModelledMachine(),
  });
  onTestFinished(() => world.stop());
  return world;
}

/** The sample's assembly with a change in its template. It is removed after the test. */
function changed(change: (copy: Copy) => void): string {
  const copy = new Copy(inject('assembly'));
  onTestFinished(() => copy.remove());
  change(copy);
  return copy.write();
}

/** An assembly that cannot be deployed: it looks up a cluster for which its function has no right. */
const ofAnotherCluster = () =>
  changed((copy) => {
    copy.resource('Custom::AirlockFoundCluster', '').Properties['Name'] = 'other';
  });

/** Launches a node and waits for its end. @returns its outcome */
async function outcomeOfOne(world: Simulation): Promise<string | undefined> {
  const node = await launch(world);
  await settle(world);
  return world.report(node)?.outcome;
}

const trails = (world: Simulation) => world.cloud.logs.groups.filter((name) => name.startsWith('/aws/events/'));
const documents = (world: Simulation) =>
  world.services.ssm.documents().flatMap(({ name }) => (name.startsWith('airlock-') ? [name] : []));
const variablesOf = (world: Simulation, construct: string) =>
  world.cloud.lambda.function(world.cloud.resource(`${construct}/Function`).ref).settings.environment;

describe('a first deployment that fails', () => {
  it('leaves nothing behind, and the second succeeds', async () => {
    const world = await account();

    await expect(world.cloud.deploy(ofAnotherCluster())).rejects.toThrow(
      /AirlockFoundCluster\) cannot be made: .*eks:DescribeCluster/,
    );
    expect(world.cloud.status('Airlock')).toBe('ROLLBACK_COMPLETE');
    expect(trails(world)).toEqual([]);
    expect(documents(world)).toEqual([]);
    expect(world.cloud.resources).toEqual([]);
    expect(world.services.sqs.all()).toEqual([]);
    expect(world.cloud.lambda.functions.size).toBe(0);

    await world.cloud.deploy(inject('assembly'));
    expect(world.cloud.status('Airlock')).toBe('CREATE_COMPLETE');
    expect(await outcomeOfOne(world)).toBe('released');
  });

  it('would block the second if its trail were retained under its own name', async () => {
    const named = (copy: Copy) => {
      const trail = copy.resource('AWS::Logs::LogGroup', 'AuditTrail');
      trail.Properties['LogGroupName'] = '/aws/events/Airlock/audit';
      Object.assign(trail, { DeletionPolicy: 'Retain' });
    };
    const world = await account();
    const fails = changed((copy) => {
      named(copy);
      copy.resource('Custom::AirlockFoundCluster', '').Properties['Name'] = 'other';
    });

    await expect(world.cloud.deploy(fails)).rejects.toThrow(
      /AirlockFoundCluster\) cannot be made: .*eks:DescribeCluster/,
    );

    await expect(world.cloud.deploy(changed(named))).rejects.toThrow(
      /AuditTrail\w* .*The specified log group already exists/,
    );
  });
});

describe('an update', () => {
  it('with another setting reaches launches in progress, and none is lost', async () => {
    const world = await account();
    await world.cloud.deploy(inject('assembly'));
    const queue = world.cloud.resource('Admission/Queue/Queue').ref;
    const early = await launch(world);
    await pass(world, 30_000);

    await world.cloud.deploy(withPools({ deadlineMinutes: 33 }, inject('assembly')));
    const late = await launch(world);
    await settle(world);

    expect(world.cloud.status('Airlock')).toBe('UPDATE_COMPLETE');
    expect([early, late].map((node) => world.report(node)?.outcome)).toEqual(['released', 'released']);
    expect(variablesOf(world, 'Admission')['ADMISSIBLE']).toContain('"deadlineMinutes":33');
    // What did not change is the same resource.
    expect(world.cloud.resource('Admission/Queue/Queue').ref).toBe(queue);
  });

  it('replaces documents whose text changed, and nodes in progress end well', async () => {
    const other = changed((copy) => {
      let text = JSON.stringify(copy.template);
      for (const [id, { Properties }] of copy.all('AWS::SSM::Document')) {
        const name = String(Properties['Name']);
        text = text.replaceAll(id, `${id}Next`).replaceAll(name, `${name.slice(0, -4)}0000`);
      }
      Object.assign(copy.template, JSON.parse(text));
    });
    const world = await account();
    await world.cloud.deploy(inject('assembly'));
    const before = documents(world);
    const node = await launch(world);
    await pass(world, 30_000);

    await world.cloud.deploy(other);
    await settle(world);

    expect(world.report(node)?.outcome).toBe('released');
    expect(documents(world)).toHaveLength(before.length);
    expect(
      documents(world)
        .filter((name) => name.includes('install'))
        .some((name) => before.includes(name)),
    ).toBe(false);
  });

  it('that fails is rolled back, and the nodes continue with the old setting', async () => {
    const world = await account();
    await world.cloud.deploy(inject('assembly'));
    const before = { resources: world.cloud.resources.map(({ ref }) => ref), documents: documents(world) };
    const variables = variablesOf(world, 'Admission');
    const failing = changed((copy) => {
      copy.setRules({ deadlineMinutes: 33 });
      copy.resource('Custom::AirlockFoundCluster', '').Properties['Name'] = 'other';
    });

    await expect(world.cloud.deploy(failing)).rejects.toThrow(
      /AirlockFoundCluster\) cannot be updated: .*eks:DescribeCluster/,
    );

    expect(world.cloud.status('Airlock')).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(world.cloud.resources.map(({ ref }) => ref)).toEqual(before.resources);
    expect(documents(world)).toEqual(before.documents);
    expect(variablesOf(world, 'Admission')).toEqual(variables);
    expect(await outcomeOfOne(world)).toBe('released');
  });

  it('that fails late restores what it changed before', async () => {
    const world = await account();
    await world.cloud.deploy(inject('assembly'));
    const variables = variablesOf(world, 'Admission');
    const failing = changed((copy) => {
      copy.setRules({ deadlineMinutes: 33 });
      // Created after all the others, and refused.
      const { Resources } = copy.template;
      Resources['Last'] = {
        Type: 'AWS::SQS::Queue',
        DependsOn: Object.keys(Resources).filter((id) => Resources[id]?.Type === 'AWS::Lambda::Function'),
        Properties: { QueueName: 'taken' },
      } as never;
    });
    world.services.sqs.create({ ...settingsOfAQueue, name: 'taken' });

    await expect(world.cloud.deploy(failing)).rejects.toThrow(/Last .*A queue named taken already exists/);

    expect(variablesOf(world, 'Admission')).toEqual(variables);
    expect(await outcomeOfOne(world)).toBe('released');
  });
});

const settingsOfAQueue = {
  visibilityTimeout: 30,
  retention: 60,
  delay: 0,
  receiveWait: 0,
  managedEncryption: true,
};

describe('a stack that is destroyed', () => {
  it('leaves only its audit trail, and can be deployed again beside it', async () => {
    const world = await account();
    await world.cloud.deploy(inject('assembly'));
    await outcomeOfOne(world);
    // AWS reports the end of the execution a moment after Airlock's last event.
    await pass(world, 5_000);
    const [trail = ''] = trails(world);
    const written = world.cloud.logs.events(trail).length;

    await world.cloud.destroy();
    expect(written).toBeGreaterThan(0);
    expect(trails(world)).toEqual([trail]);
    expect(documents(world)).toEqual([]);
    expect(world.services.sqs.all()).toEqual([]);
    expect(world.cloud.lambda.functions.size).toBe(0);
    expect(world.cloud.iam.roles.size).toBe(0);

    await world.cloud.deploy(inject('assembly'));
    expect(trails(world)).toHaveLength(2);
    expect(await outcomeOfOne(world)).toBe('released');
    expect(world.cloud.logs.events(trail)).toHaveLength(written);
  });

  it('keeps what could not be deleted, and the next attempt removes it', async () => {
    const world = await account();
    await world.cloud.deploy(inject('assembly'));
    world.cloud.faults = {
      beforeCall: ({ operation, service }) =>
        service === 'lambda' && operation === 'Invoke'
          ? new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
          : undefined,
    };
    await expect(world.cloud.destroy()).rejects.toThrow(/cannot be deleted: /);
    expect(world.cloud.resources.length).toBeGreaterThan(0);

    world.cloud.faults = {};
    await world.cloud.destroy();
    expect(world.cloud.resources).toEqual([]);
  });
});
