/**
 * Step Functions, Standard workflows:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
import { randomUUID } from 'node:crypto';
import type {
  DescribeExecutionCommandInput,
  DescribeStateMachineCommandInput,
  GetExecutionHistoryCommandInput,
  HistoryEvent,
  ListExecutionsCommandInput,
  SendTaskFailureCommandInput,
  SendTaskHeartbeatCommandInput,
  SendTaskSuccessCommandInput,
  StartExecutionCommandInput,
  StopExecutionCommandInput,
} from '@aws-sdk/client-sfn';
import type { Clock } from '../../clock.ts';
import {
  type Authorization,
  type Aws,
  AwsError,
  type Environment,
  operation,
  type Principal,
  type Service,
} from '../../gateway/service.ts';
import type { ResourceType } from '../../template/resource.ts';
import type { Emit } from '../service-event.ts';
import type { Rate } from '../throttle.ts';
import { readDefinition } from './definition.ts';
import type { Engine, Machine } from './engine.ts';
import { Execution } from './execution.ts';
import { Jsonata } from './jsonata.ts';
import { pageOf } from './page.ts';
import { Buckets, type Limited, quotasOf } from './quotas.ts';
import { type MachineSettings, stateMachineResourceType } from './resource.ts';
import { described, listed, statusChange } from './shown.ts';
import { TaskTokens } from './tokens.ts';

/** How long a closed execution's name stays reserved: 90 days. */
const nameReservationMs = 90 * 86_400_000;
/** The largest input and output of an execution and of a task's answer, in bytes. */
const largestData = 262_144;

/** The longest definition, in bytes. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const largestDefinition = 1_048_576;

/** The state machines of one account and region. */
export class States {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  /** The account's calls per second; tests may change it. */
  readonly quotas: Record<Limited, Rate>;
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #engine: Engine;
  readonly #emit: Emit | undefined;
  readonly #machines = new Map<string, { readonly machine: Machine; readonly watch: MachineSettings['watch'] }>();
  readonly #executions = new Map<string, Execution>();
  #running = 0;

  /**
   * @param options.emit receives executions' status changes, for the default bus
   * @param options.log writes an execution's events to a log group, for machines with a LoggingConfiguration
   * @param options.session assumes a machine's role; by default without checking its trust policy
   * @param options.random a number from 0 to 1, for the jitter of retries
   */
  constructor(options: {
    clock: Clock;
    aws: Aws;
    env: Environment;
    emit?: Emit;
    log?: (logGroup: string, stream: string, message: string) => void;
    session?: Engine['session'];
    random?: () => number;
  }) {
    const { clock, aws, env, emit, log, session = plainSession, random = Math.random } = options;
    this.#clock = clock;
    this.#env = env;
    this.#emit = emit;
    const tokens = new TaskTokens();
    this.quotas = quotasOf(env.region);
    const buckets = new Buckets(clock, this.quotas);
    this.#engine = {
      transition: () => buckets.transition(),
      clock,
      aws,
      jsonata: new Jsonata(clock),
      tokens,
      session,
      random,
    };
    this.resourceTypes = [stateMachineResourceType(this, log)];
    this.service = { name: 'states', operations: this.#operations(buckets, tokens) };
  }

  #operations(buckets: Buckets, tokens: TaskTokens): Service['operations'] {
    const answers: Record<string, Buckets> = {};
    // Each of the three actions has its own bucket.
    const answering = (name: string) => {
      answers[name] ??= new Buckets(this.#clock, this.quotas);
      answers[name].take('SendTask');
    };
    const on = (action: string, arn: string | undefined): Authorization[] => [
      { action: `states:${action}`, resource: arn ?? '*' },
    ];
    return {
      StartExecution: operation(
        (input: StartExecutionCommandInput) => on('StartExecution', input.stateMachineArn),
        (input) => {
          buckets.take('StartExecution');
          return this.#start(input);
        },
      ),
      DescribeExecution: operation(
        (input: DescribeExecutionCommandInput) => on('DescribeExecution', input.executionArn),
        (input) => {
          buckets.take('DescribeExecution');
          return described(this.execution(input.executionArn ?? ''));
        },
      ),
      StopExecution: operation(
        (input: StopExecutionCommandInput) => on('StopExecution', input.executionArn),
        (input) => {
          const execution = this.execution(input.executionArn ?? '');
          execution.stop(input.error, input.cause);
          return { stopDate: execution.stopDate ?? new Date(this.#clock.now()) };
        },
      ),
      ListExecutions: operation(
        (input: ListExecutionsCommandInput) => on('ListExecutions', input.stateMachineArn),
        (input) => this.#list(input),
      ),
      GetExecutionHistory: operation(
        (input: GetExecutionHistoryCommandInput) => on('GetExecutionHistory', input.executionArn),
        (input) => {
          const { events } = this.execution(input.executionArn ?? '').history;
          const page = pageOf(input.reverseOrder === true ? events.toReversed() : events, input, 100, 1000);
          return { events: page.items, ...page.next };
        },
      ),
      DescribeStateMachine: operation(
        (input: DescribeStateMachineCommandInput) => on('DescribeStateMachine', input.stateMachineArn),
        (input) => {
          const { machine } = this.#machine(input.stateMachineArn);
          const { arn: stateMachineArn, name, roleArn, definitionText: definition, createdAt: creationDate } = machine;
          return { stateMachineArn, name, status: 'ACTIVE', definition, roleArn, type: 'STANDARD', creationDate };
        },
      ),
      SendTaskSuccess: operation(
        () => on('SendTaskSuccess', '*'),
        (input: SendTaskSuccessCommandInput) => {
          answering('SendTaskSuccess');
          const output = json(input.output, 'InvalidOutput', 'Output');
          tokens.find(input.taskToken ?? '').succeed(output);
          return {};
        },
      ),
      SendTaskFailure: operation(
        () => on('SendTaskFailure', '*'),
        (input: SendTaskFailureCommandInput) => {
          answering('SendTaskFailure');
          const { error, cause } = input;
          if ((error?.length ?? 0) > 256) throw invalidLength('error', 256);
          if ((cause?.length ?? 0) > 32_768) throw invalidLength('cause', 32_768);
          tokens.find(input.taskToken ?? '').fail(error, cause);
          return {};
        },
      ),
      SendTaskHeartbeat: operation(
        () => on('SendTaskHeartbeat', '*'),
        (input: SendTaskHeartbeatCommandInput) => {
          answering('SendTaskHeartbeat');
          tokens.find(input.taskToken ?? '').heartbeat();
          return {};
        },
      ),
    };
  }

  /**
   * Creates a state machine.
   *
   * @returns its ARN
   * @throws AwsError InvalidDefinition, StateMachineAlreadyExists
   */
  create({ name, roleArn, definitionText, watch }: MachineSettings): string {
    const { partition, region, account } = this.#env;
    const arn = `arn:${partition}:states:${region}:${account}:stateMachine:${name}`;
    if (this.#machines.has(arn)) {
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    if (Buffer.byteLength(definitionText) > largestDefinition) {
      const message = `1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must have length less than or equal to ${largestDefinition}`;
      throw new AwsError('ValidationException', message);
    }
    const definition = readDefinition(definitionText);
    const machine = { arn, name, roleArn, definition, definitionText, createdAt: new Date(this.#clock.now()) };
    this.#machines.set(arn, { machine, watch });
    return arn;
  }

  /** Gives a state machine another definition; running executions keep theirs. */
  update(arn: string, { name, roleArn, definitionText, watch }: MachineSettings): void {
    const { machine } = this.#machine(arn);
    const definition = readDefinition(definitionText);
    const { createdAt } = machine;
    this.#machines.set(arn, { machine: { arn, name, roleArn, definition, definitionText, createdAt }, watch });
  }

  /** Deletes a state machine and stops its executions. */
  remove(arn: string): void {
    this.#machines.delete(arn);
    for (const execution of this.#executions.values()) {
      if (execution.machine.arn === arn && execution.status === 'RUNNING') execution.stop(undefined, undefined);
    }
  }

  /** Every execution, in order of start. */
  executions(): readonly Execution[] {
    return [...this.#executions.values()];
  }

  /** How many executions are running. */
  get running(): number {
    return this.#running;
  }

  /** An execution by its ARN. Throws AwsError ExecutionDoesNotExist. */
  execution(arn: string): Execution {
    const found = this.#executions.get(arn);
    if (found === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return found;
  }

  /** Ends every execution, at the end of a run. */
  stop(): void {
    for (const execution of this.#executions.values()) {
      if (execution.status === 'RUNNING') execution.stop(undefined, undefined);
    }
  }

  #machine(arn: string | undefined) {
    const found = this.#machines.get(arn ?? '');
    if (found === undefined) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return found;
  }

  #start(input: StartExecutionCommandInput): { executionArn: string; startDate: Date } {
    const { machine, watch } = this.#machine(input.stateMachineArn);
    const name = input.name ?? randomUUID();
    // The API page lists the forbidden characters and the length.
    if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name)) {
      throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    }
    const inputText = input.input ?? '{}';
    json(inputText, 'InvalidExecutionInput', 'Execution Input');
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const earlier = this.#executions.get(arn);
    if (earlier !== undefined) {
      if (earlier.status === 'RUNNING' && earlier.inputText === inputText) {
        return { executionArn: arn, startDate: earlier.startDate };
      }
      if (this.#clock.now() < (earlier.stopDate?.getTime() ?? this.#clock.now()) + nameReservationMs) {
        throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      }
    }
    const execution: Execution = new Execution({
      arn,
      name,
      inputText,
      machine,
      engine: this.#engine,
      ...(watch === undefined ? {} : { watch: (event: HistoryEvent) => watch(execution, event) }),
    });
    this.#executions.set(arn, execution);
    this.#emit?.(statusChange(execution));
    this.#running++;
    void execution.run().then(() => {
      this.#running--;
      this.#emit?.(statusChange(execution));
    });
    return { executionArn: arn, startDate: execution.startDate };
  }

  #list(input: ListExecutionsCommandInput) {
    const { machine } = this.#machine(input.stateMachineArn);
    const all = this.executions()
      .filter((one) => one.machine === machine)
      .filter((one) => input.statusFilter === undefined || one.status === input.statusFilter)
      .toReversed()
      .map(listed);
    const page = pageOf(all, input, 100, 1000);
    return { executions: page.items, ...page.next };
  }
}

/** The role's session, named after the execution. */
function plainSession({ roleArn }: Machine, executionName: string): Principal {
  return { kind: 'role', roleArn, sessionName: executionName.slice(0, 64) };
}

function json(text: string | undefined, code: string, what: string): unknown {
  if (Buffer.byteLength(text ?? '') > largestData) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: ${what} must have length less than or equal to ${largestData}`,
    );
  }
  try {
    return JSON.parse(text ?? '');
  } catch (error) {
    throw new AwsError(code, `Invalid ${what}: '${String(error)}'`);
  }
}

function invalidLength(member: string, most: number): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
  );
}
