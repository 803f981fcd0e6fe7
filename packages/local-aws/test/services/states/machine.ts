import type { StartExecutionCommandOutput } from '@aws-sdk/client-sfn';
import { VirtualClock } from '../../../clock.ts';
import { here, operation } from '../../../gateway/service.ts';
import type { ServiceEvent } from '../../../services/service-event.ts';
import { States } from '../../../services/states/states.ts';
import { make, PermissiveAws, someone } from '../permissive.ts';

/** A stand-in service's answer to a call, by its operation. */
export type Answers = Readonly<Record<string, (input: Record<string, unknown>) => unknown>>;

/** Only Step Functions, on a virtual clock, with services that a test defines. */
export class Bench {
  readonly clock = new VirtualClock(Date.parse('2026-11-21T09:00:00Z'));
  readonly aws = new PermissiveAws(this.clock);
  readonly events: ServiceEvent[] = [];
  readonly logged: string[] = [];
  readonly states = new States({
    clock: this.clock,
    aws: this.aws,
    env: here,
    emit: (event) => this.events.push(event),
    log: (group, _stream, message) => this.logged.push(`${group} ${message}`),
    random: () => 0.5,
  });

  constructor(answers: Readonly<Record<string, Answers>> = {}) {
    this.aws.add(this.states.service);
    for (const [name, operations] of Object.entries(answers)) {
      const made = Object.entries(operations).map(([key, run]) => [key, operation(() => [], run)]);
      this.aws.add({ name, operations: Object.fromEntries(made) });
    }
  }

  async machine(states: object, properties: object = {}): Promise<string> {
    const definition = { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states };
    const made = await make(this.aws, this.states.resourceTypes, 'AWS::StepFunctions::StateMachine', {
      StateMachineName: `machine-${Math.random()}`,
      DefinitionString: JSON.stringify(definition),
      RoleArn: 'arn:aws:iam::123456789012:role/way',
      ...properties,
    });
    return made.ref;
  }

  async start(stateMachineArn: string, input: unknown = {}, name?: string): Promise<string> {
    const request = { stateMachineArn, input: JSON.stringify(input), ...(name === undefined ? {} : { name }) };
    const output = await this.aws.call(someone, 'states', 'StartExecution', request);
    return (output as StartExecutionCommandOutput).executionArn ?? '';
  }

  /** Runs the states to the end of the execution, and returns it. */
  async run(states: object, input: unknown = {}) {
    const arn = await this.start(await this.machine(states), input);
    const execution = this.states.execution(arn);
    await this.clock.run(() => execution.status !== 'RUNNING');
    return execution;
  }

  /** Runs one Pass state with an Output. @returns the output, or the error */
  async output(template: unknown, input: unknown = {}): Promise<unknown> {
    const { status, output, error, cause } = await this.run(
      { P: { Type: 'Pass', Output: template, End: true } },
      input,
    );
    return status === 'SUCCEEDED' ? output : { error, cause };
  }

  call(operation: string, input: object): Promise<unknown> {
    return this.aws.call(someone, 'states', operation, input);
  }
}

/** A Task that invokes a function, with more fields. */
export function invoke(more: object = { End: true }) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: 'f', Payload: {} },
    ...more,
  };
}

/** A Task that waits for its token. */
export function wait(more: object = { End: true }) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    Arguments: { QueueUrl: 'q', MessageBody: { token: '{% $states.context.Task.Token %}' } },
    ...more,
  };
}
