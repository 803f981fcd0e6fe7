/**
 * The agents registered in SSM:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html and
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html
 */
import type { DescribeInstanceInformationCommandInput, InstanceInformation, PingStatus } from '@aws-sdk/client-ssm';
import type { AgentMachine } from '../../agent/machine.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../gateway/service.ts';

/** An agent and its connection. */
export interface Agent {
  readonly instanceId: string;
  readonly version: string;
  readonly machine: AgentMachine;
  /** When it came online, in milliseconds since the epoch. */
  registeredAt: number;
  /** When it went silent; undefined while it is online. */
  silentSince: number | undefined;
  /** Whether its machine was stopped or terminated: only the agent of the next boot comes online again. */
  dead: boolean;
}

/** An agent pings SSM every five minutes; one that is silent for longer has lost its connection. */
const pingMs = 300_000;
/** How long SSM shows an agent that is gone, in milliseconds. */
const unansweredAfterMs = 3_600_000;

/** The agents of one account and region. */
export class Agents {
  readonly #clock: Clock;
  readonly #agents = new Map<string, Agent>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An agent comes online, and replaces an earlier one on the same instance. */
  register(instanceId: string, version: string, machine: AgentMachine): void {
    this.#agents.set(instanceId, {
      instanceId,
      version,
      machine,
      registeredAt: this.#clock.now(),
      silentSince: undefined,
      dead: false,
    });
    this.#wake(instanceId);
  }

  /** An agent stops: it neither pings nor accepts commands. */
  silence(instanceId: string): void {
    const agent = this.#agents.get(instanceId);
    if (agent !== undefined) agent.silentSince ??= this.#clock.now();
  }

  /** An agent dies with its machine. */
  die(instanceId: string): void {
    this.silence(instanceId);
    const agent = this.#agents.get(instanceId);
    if (agent !== undefined) agent.dead = true;
  }

  /** A silent agent comes online again, unless it died. */
  wake(instanceId: string): void {
    const agent = this.#agents.get(instanceId);
    if (agent === undefined || agent.silentSince === undefined || agent.dead) return;
    agent.registeredAt = this.#clock.now();
    agent.silentSince = undefined;
    this.#wake(instanceId);
  }

  /** An agent that accepts commands now, or undefined. */
  live(instanceId: string): Agent | undefined {
    const agent = this.#agents.get(instanceId);
    return agent?.silentSince === undefined ? agent : undefined;
  }

  /** Whether SSM has an agent for an instance, online or not. */
  knows(instanceId: string): boolean {
    return this.#known(instanceId) !== undefined;
  }

  /** Resolves when an instance's agent is online, or when `signal` aborts. */
  untilLive(instanceId: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.live(instanceId) !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(instanceId) ?? new Set();
      this.#waiting.set(instanceId, waiting);
      const done = () => {
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  /** DescribeInstanceInformation. */
  describe(input: DescribeInstanceInformationCommandInput) {
    const { MaxResults = 10, NextToken } = input;
    if (MaxResults < 5 || MaxResults > 50) throw constraint('maxResults', String(MaxResults), 'between 5 and 50');
    const matches = this.#filter(input);
    const all = this.#meant(input)
      .flatMap((id) => this.#known(id) ?? [])
      .filter(matches);
    const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64').toString());
    if (!Number.isInteger(start)) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
    const end = start + MaxResults;
    return {
      InstanceInformationList: all.slice(start, end),
      ...(end < all.length ? { NextToken: Buffer.from(String(end)).toString('base64') } : {}),
    };
  }

  /** The ids that pass a filter by ids, or all of them, in order of registration. */
  #meant({ Filters }: DescribeInstanceInformationCommandInput): readonly string[] {
    const named = Filters?.find(({ Key }) => Key === 'InstanceIds')?.Values;
    const wanted = named && new Set(named);
    return [...this.#agents.keys()].filter((id) => wanted?.has(id) ?? true);
  }

  #filter({ Filters, InstanceInformationFilterList }: DescribeInstanceInformationCommandInput) {
    const filters = [
      ...(Filters ?? []).map(({ Key, Values }) => ({ key: Key ?? '', values: Values ?? [] })),
      ...(InstanceInformationFilterList ?? []).map(({ key, valueSet }) => ({ key: key ?? '', values: valueSet ?? [] })),
    ];
    const fields: Readonly<Record<string, (seen: InstanceInformation) => string | undefined>> = {
      InstanceIds: (seen) => seen.InstanceId,
      PingStatus: (seen) => seen.PingStatus,
      AgentVersion: (seen) => seen.AgentVersion,
      PlatformTypes: (seen) => seen.PlatformType,
    };
    const tests = filters.map(({ key, values }) => {
      const field = fields[key];
      if (field === undefined) throw new AwsError('InvalidFilterKey', `The filter key ${key} is not modelled here.`);
      // The most values that one filter accepts in this call.
      if (values.length < 1 || values.length > 100)
        throw constraint('filters.values', String(values.length), 'between 1 and 100');
      return (seen: InstanceInformation) => values.includes(field(seen) ?? '');
    });
    return (seen: InstanceInformation) => tests.every((test) => test(seen));
  }

  #known(instanceId: string): InstanceInformation | undefined {
    const agent = this.#agents.get(instanceId);
    if (agent === undefined) return undefined;
    const now = this.#clock.now();
    const talked = agent.silentSince ?? now;
    const lastPing = agent.registeredAt + Math.floor((talked - agent.registeredAt) / pingMs) * pingMs;
    if (now - lastPing > unansweredAfterMs) return undefined;
    const PingStatus: PingStatus = now - lastPing > pingMs ? 'ConnectionLost' : 'Online';
    return {
      InstanceId: instanceId,
      PingStatus,
      LastPingDateTime: new Date(lastPing),
      AgentVersion: agent.version,
      IsLatestVersion: false,
      PlatformType: 'Linux',
      PlatformName: 'Ubuntu',
      PlatformVersion: '24.04',
      ResourceType: 'EC2Instance',
    };
  }

  #wake(instanceId: string): void {
    for (const wake of [...(this.#waiting.get(instanceId) ?? [])]) wake();
  }
}

/** The error for a request that violates a constraint in the service's model. */
export function constraint(member: string, value: string, accepted: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must be ${accepted}`,
  );
}
