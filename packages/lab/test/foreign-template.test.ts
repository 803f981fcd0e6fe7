import { CustomResource, Duration, type Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';

import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import {
  Choice,
  Condition,
  DefinitionBody,
  Map as MapState,
  Pass,
  QueryLanguage,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../local-aws/clock.ts';
import { LocalCloud } from '../../local-aws/cloud.ts';
import { sampleFunction, synthesize } from '../../local-aws/test/app/sample.ts';
import { type Services, servicesPart } from '../simulation/services.ts';

/** Deploys another app on the services that our app uses. */
async function deployed(
  build: (stack: Stack) => void,
): Promise<{ cloud: LocalCloud; services: Services; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const made = servicesPart(new Map());
  const cloud = await LocalCloud.deploy(synthesize(build), { clock, parts: [made.part] });
  return { cloud, services: made.services(), clock };
}

describe('templates of other apps', () => {
  it('a rule that sends to a queue runs', async () => {
    const { services, clock } = await deployed((stack) => {
      const queue = new Queue(stack, 'Queue', { visibilityTimeout: Duration.seconds(300) });
      new Rule(stack, 'Rule', {
        eventPattern: { source: ['orders'], detail: { size: [{ prefix: 'large' }] } },
        targets: [new SqsQueue(queue)],
      });
    });
    for (const size of ['small', 'large-1']) {
      services.events.emit({ source: 'orders', 'detail-type': 'Placed', resources: [], detail: { size } });
    }
    await clock.run(() => false, clock.now() + 10_000);
    const [queue] = services.sqs.all();
    const bodies = queue?.receive(10).map(({ body }) => JSON.parse(body).detail);
    expect(bodies).toEqual([{ size: 'large-1' }]);
  });

  it("a function behind the CDK's provider framework answers for its custom resource", async () => {
    const { cloud } = await deployed((stack) => {
      const onEventHandler = sampleFunction(stack, 'OnEvent', 'provides');
      const { serviceToken } = new Provider(stack, 'Provider', { onEventHandler });
      new CustomResource(stack, 'Thing', { serviceToken, properties: { Colour: 'red' } });
    });
    const thing = cloud.resources.find(({ type }) => type === 'AWS::CloudFormation::CustomResource');
    expect(thing).toMatchObject({ ref: 'thing-red', attributes: { Shade: 'dark red' } });
    await cloud.stop();
  });

  const refused: readonly (readonly [string, (stack: Stack) => void, readonly RegExp[]])[] = [
    [
      'a parameter and a secret',
      (stack) => {
        new StringParameter(stack, 'Parameter', { stringValue: 'x' });
        new Secret(stack, 'Secret');
      },
      [/Parameter\w+: the resource type AWS::SSM::Parameter/, /the resource type AWS::SecretsManager::Secret/],
    ],
    [
      'a Map state',
      (stack) => {
        const map = MapState.jsonata(stack, 'Each', { items: { items: '{% $states.input.all %}' } } as never);
        map.itemProcessor(new Pass(stack, 'One'));
        new StateMachine(stack, 'Machine', {
          definitionBody: DefinitionBody.fromChainable(map),
          queryLanguage: QueryLanguage.JSONATA,
        });
      },
      [/Machine\w+: .*Map/],
    ],
    [
      'a state machine in JSONPath',
      (stack) => {
        const choice = new Choice(stack, 'Which').when(Condition.stringEquals('$.kind', 'a'), new Pass(stack, 'A'));
        new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(choice) });
      },
      [/Machine\w+: .*JSONPath is not modelled here/],
    ],
    [
      'a pattern with its own operator',
      (stack) => {
        const queue = new Queue(stack, 'Queue');
        new Rule(stack, 'Rule', {
          eventPattern: { detail: { a: [{ 'starts-with': 'x' }] } },
          targets: [new SqsQueue(queue)],
        });
      },
      [/Rule\w+: .*starts-with/],
    ],
    [
      'a rule with a schedule',
      (stack) => {
        new Rule(stack, 'Rule', { schedule: Schedule.rate(Duration.minutes(5)) });
      },
      [/Rule\w+: the property ScheduleExpression of AWS::Events::Rule/],
    ],
  ];
  it.each(refused)('%s is named completely before anything is created', async (_, build, names) => {
    let called = 0;
    const clock = new VirtualClock();
    const made = servicesPart(new Map());
    const assembly = synthesize((stack) => {
      // A custom resource that would run first, if anything ran.
      const handler = sampleFunction(stack, 'First', 'provides');
      new CustomResource(stack, 'Early', { serviceToken: handler.functionArn });
      build(stack);
    });
    const deployment = LocalCloud.deploy(assembly, {
      clock,
      parts: [made.part],
      faults: {
        beforeCall: () => {
          called++;
          return undefined;
        },
      },
    });
    const error = await deployment.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    for (const name of names) expect(error?.message).toMatch(name);
    expect(error?.message).toMatch(/^the local cloud does not know:/);
    expect(called).toBe(0);
    expect(made.services().sqs.all().length).toBe(0);
  });
});
