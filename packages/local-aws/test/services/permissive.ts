import type { Clock } from '../../clock.ts';
import { type Aws, type AwsError, here, type Principal, type Service } from '../../gateway/service.ts';
import type { ResourceType, Stack } from '../../template/resource.ts';

/** The caller if a test does not care. */
export const someone: Principal = {
  kind: 'role',
  roleArn: `arn:aws:iam::${here.account}:role/someone`,
  sessionName: 'someone',
};

interface SeenCall {
  readonly name: string;
  readonly principal: Principal;
  readonly input: unknown;
}

/** Services that call each other without IAM and without schemas, for tests of one service. */
export class PermissiveAws implements Aws {
  readonly calls: SeenCall[] = [];
  /** Answers some calls in place of a service, for instance `sqs:SendMessage` with an error. */
  readonly faults = new Map<string, () => AwsError | undefined>();
  readonly clock: Clock;
  readonly #services = new Map<string, Service>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(...services: readonly Service[]): void {
    for (const service of services) this.#services.set(service.name, service);
  }

  async call(principal: Principal, service: string, operation: string, input: unknown): Promise<unknown> {
    const name = `${service}:${operation}`;
    this.calls.push({ name, principal, input });
    const found = this.#services.get(service)?.operations[operation];
    if (found === undefined) throw new Error(`no operation ${name}`);
    const call = { principal, now: this.clock.now() };
    found.authorize(input as never, call);
    const fault = this.faults.get(name)?.();
    if (fault !== undefined) throw fault;
    return await found.run(input as never, call);
  }

  /** The inputs of the calls of one name, in order. */
  inputs(name: string): readonly unknown[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.input);
  }
}

/** Creates a resource by its type, as the template's engine does. */
export async function make(
  aws: PermissiveAws,
  types: readonly ResourceType[],
  type: string,
  properties: Readonly<Record<string, unknown>>,
  logicalId = 'Thing',
) {
  const found = types.find((one) => one.type === type);
  if (found === undefined) throw new Error(`no resource type ${type}`);
  const stack: Stack = {
    name: 'test',
    id: 'test',
    incarnation: '',
    env: here,
    clock: aws.clock,
    aws,
    assembly: '/nonexistent',
  };
  return await found.create(logicalId, properties, stack, type);
}
