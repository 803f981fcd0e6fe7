import type { Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { readPolicy } from '../../packages/local-aws/iam.ts';

/** The result of a call: the answer, or the error as AWS names it. */
export type Came = { readonly answer: Record<string, unknown> } | { readonly error: string };

/** A principal of the account that has only the given rights, each on every resource. */
export class Intruder {
  readonly #world: Simulation;
  readonly #arn = 'arn:aws:iam::123456789012:role/Attacker';

  constructor(world: Simulation, rights: readonly string[]) {
    this.#world = world;
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: rights, Resource: '*' }] };
    world.cloud.iam.roles.set('Attacker', {
      arn: this.#arn,
      name: 'Attacker',
      id: 'AROAATTACKER000000000',
      trust: { statements: [] },
      policies: new Map([['rights', readPolicy(policy)]]),
      tags: {},
    });
  }

  /** Makes one call, and lets time pass until it has an answer. */
  async call(service: string, operation: string, input: object): Promise<Came> {
    const { cloud, clock } = this.#world;
    const principal = { kind: 'role', roleArn: this.#arn, sessionName: 'attacker' } as const;
    let came: Came | undefined;
    cloud.aws.call(principal, service, operation, input).then(
      (answer) => {
        came = { answer: (answer ?? {}) as Record<string, unknown> };
      },
      (error: { code?: string; message: string }) => {
        came = { error: `${error.code ?? 'Error'}: ${error.message}` };
      },
    );
    if (clock instanceof VirtualClock) await clock.run(() => came !== undefined);
    if (came === undefined) throw new Error(`${operation} had no answer`);
    return came;
  }

  /**
   * Invokes a function of the stack.
   *
   * @param construct the function's construct, for instance `Cancellation`
   * @returns the answer, or the error as `<type>: <message>`
   */
  async invoke(construct: string, event: object): Promise<string> {
    const FunctionName = this.#world.cloud.resource(`${construct}/Function/Resource`).ref;
    const came = await this.call('lambda', 'Invoke', { FunctionName, Payload: Buffer.from(JSON.stringify(event)) });
    if ('error' in came) return came.error;
    const text = Buffer.from((came.answer['Payload'] as Uint8Array | undefined) ?? []).toString();
    if (came.answer['FunctionError'] === undefined) return text;
    const { errorType, errorMessage } = JSON.parse(text) as Record<string, string>;
    return `${errorType}: ${errorMessage}`;
  }

  /** Starts an execution of the state machine. */
  async start(name: string, input: object): Promise<Came> {
    const stateMachineArn = this.#world.cloud.resource('Workflow/StateMachine/Resource').ref;
    return this.call('states', 'StartExecution', { stateMachineArn, name, input: JSON.stringify(input) });
  }
}

/** Messages as a function receives them from its queue. */
export function records(...bodies: readonly object[]): object {
  return {
    Records: bodies.map((body, at) => ({
      messageId: `forged-${at}`,
      receiptHandle: `forged-${at}`,
      body: JSON.stringify(body),
      attributes: {},
      messageAttributes: {},
      eventSource: 'aws:sqs',
    })),
  };
}
