/**
 * The life of commands: delivery, the run on the node, statuses and their events,
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
 */
import type { CommandInvocationStatus, CommandStatus } from '@aws-sdk/client-ssm';
import type { AgentMachine, Ended, Script } from '../../agent/machine.ts';
import type { PluginResult } from '../../agent/report.ts';
import type { DocumentResult } from '../../agent/run-document.ts';
import type { Clock } from '../../clock.ts';
import type { Emit } from '../service-event.ts';
import type { Agents } from './agents.ts';
import type { DocumentContent, ParameterValues, StoredDocument } from './document.ts';

/** Runs a document like the agent. */
export type RunDocument = (
  document: DocumentContent,
  parameters: ParameterValues,
  options: { readonly machine: AgentMachine; readonly commandId: string; readonly agentVersion: string },
) => Promise<Pick<DocumentResult, 'status' | 'plugins'>>;

/** A command on one node. */
export interface Invocation {
  readonly instanceId: string;
  readonly instanceArn: string;
  status: CommandInvocationStatus;
  statusDetails: string;
  plugins: readonly PluginResult[];
  /** Milliseconds since the epoch. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  readonly abort: AbortController;
}

/** A command, as SendCommand created it. */
export interface Command {
  readonly id: string;
  readonly document: StoredDocument;
  /** As named in SendCommand. */
  readonly documentVersion: string;
  readonly parameters: ParameterValues;
  readonly comment: string;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  /** When an undelivered invocation times out. */
  readonly expiresAt: number;
  /** How many nodes receive it at once, and after how many errors no further node does. */
  readonly maxConcurrency: number;
  readonly maxErrors: number;
  readonly shown: { readonly maxConcurrency: string; readonly maxErrors: string; readonly timeoutSeconds: number };
  readonly invocations: readonly Invocation[];
  cancelled: boolean;
}

const finals: readonly CommandInvocationStatus[] = ['Success', 'Failed', 'TimedOut', 'Cancelled'];

/** Whether a status is final. */
export function isFinal(status: CommandInvocationStatus): boolean {
  return finals.includes(status);
}

/** A whole command's status. */
export function commandStatus({ invocations, cancelled }: Command): CommandStatus {
  const seen = invocations.map((one) => one.status);
  if (seen.every((status) => status === 'Pending')) return cancelled ? 'Cancelling' : 'Pending';
  if (!seen.every(isFinal)) return cancelled ? 'Cancelling' : 'InProgress';
  if (seen.includes('Failed')) return 'Failed';
  if (seen.includes('TimedOut')) return 'TimedOut';
  return seen.includes('Cancelled') ? 'Cancelled' : 'Success';
}

/** How a command ends on a node without running there, in SSM's terms. */
export interface ForcedResult {
  readonly status: CommandInvocationStatus;
  readonly details: string;
}

/** Decides whether a command is not run on a node; undefined lets it run. */
export type ForcedResultHook = (command: Command, instanceId: string) => ForcedResult | undefined;

/** What delivery needs. */
export interface DeliveryOptions {
  readonly clock: Clock;
  readonly agents: Agents;
  readonly emit: Emit;
  readonly runDocument: RunDocument;
  /** How long a command takes to reach an online agent, in milliseconds. */
  readonly latencyMs: number;
}

/** Delivers commands to agents and follows them to their end. */
export class Delivery {
  /** Lets tests end commands like SSM when it cannot or may not run them. */
  forcedResult: ForcedResultHook | undefined;
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Sends a command to its nodes, as many at once as it allows. */
  async send(command: Command): Promise<void> {
    let status = commandStatus(command);
    const tell = () => {
      if (status === commandStatus(command)) return;
      status = commandStatus(command);
      this.#emitCommand(command, status);
    };
    const waiting = [...command.invocations];
    const lane = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const errors = command.invocations.filter((one) => one.status === 'Failed' || one.status === 'TimedOut').length;
        if (errors > command.maxErrors) this.#enter(command, next, 'Cancelled', 'Terminated');
        else await this.#deliver(command, next, tell);
        tell();
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, command.maxConcurrency) }, lane));
  }

  /**
   * Stops a command if it has not ended. A running agent has to receive the cancellation first; a silent agent does not
   * answer.
   */
  cancel(command: Command, instanceIds: readonly string[]): void {
    const meant = command.invocations.filter(
      ({ instanceId, status }) => !isFinal(status) && (instanceIds.length === 0 || instanceIds.includes(instanceId)),
    );
    if (meant.length === 0) return;
    command.cancelled = true;
    for (const one of meant) {
      if (one.status === 'InProgress') this.#enter(command, one, 'Cancelling', 'Cancelling');
      one.abort.abort();
    }
  }

  async #deliver(command: Command, invocation: Invocation, tell: () => void): Promise<void> {
    const { clock, agents, latencyMs } = this.#options;
    const { instanceId, abort } = invocation;
    const late = new AbortController();
    const expiry = clock.after(command.expiresAt - clock.now(), () => late.abort());
    const ended = either(late.signal, abort.signal);
    try {
      await agents.untilLive(instanceId, ended);
      if (!ended.aborted) await before(ended, clock.sleep(latencyMs));
      // An agent may have gone silent while the command was on its way.
      await agents.untilLive(instanceId, ended);
      const agent = agents.live(instanceId);
      if (abort.signal.aborted) return this.#enter(command, invocation, 'Cancelled', 'Cancelled');
      const forcedResult = this.forcedResult?.(command, instanceId);
      if (forcedResult !== undefined)
        return this.#enter(command, invocation, forcedResult.status, forcedResult.details);
      if (agent === undefined || late.signal.aborted)
        return this.#enter(command, invocation, 'TimedOut', 'DeliveryTimedOut');
      invocation.startedAt = clock.now();
      this.#enter(command, invocation, 'InProgress', 'InProgress');
      tell();
      const run = this.#options.runDocument(command.document.content, command.parameters, {
        machine: timed(agent.machine, clock),
        commandId: command.id,
        agentVersion: agent.version,
      });
      const killed = new AbortController();
      const heard = async () => {
        await agents.untilLive(instanceId, late.signal);
        await clock.sleep(latencyMs);
        killed.abort();
      };
      abort.signal.addEventListener('abort', heard);
      const result = await before(either(late.signal, killed.signal), run);
      abort.signal.removeEventListener('abort', heard);
      // A killed script leaves no result, but its effects stay: here a script takes its whole effect when it starts.
      if (killed.signal.aborted && agents.live(instanceId) === agent)
        return this.#enter(command, invocation, 'Cancelled', 'Cancelled');
      // A silent agent reports when it is online again. For a node that is gone, the service itself ends the command at
      // its expiry.
      await agents.untilLive(instanceId, late.signal);
      if (agents.live(instanceId) !== agent) await before(late.signal, new Promise(() => {}));
      if (result === undefined || late.signal.aborted)
        return this.#enter(command, invocation, 'TimedOut', 'ExecutionTimedOut');
      invocation.plugins = result.plugins;
      if (abort.signal.aborted) return this.#enter(command, invocation, 'Cancelled', 'Cancelled');
      this.#enter(
        command,
        invocation,
        result.status,
        result.status === 'TimedOut' ? 'ExecutionTimedOut' : result.status,
      );
    } finally {
      expiry.cancel();
    }
  }

  #enter(command: Command, invocation: Invocation, status: CommandInvocationStatus, details: string): void {
    invocation.status = status;
    invocation.statusDetails = details;
    if (isFinal(status)) invocation.endedAt = this.#options.clock.now();
    this.#options.emit({
      source: 'aws.ssm',
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      resources: [invocation.instanceArn],
      detail: {
        'command-id': command.id,
        'document-name': command.document.name,
        'instance-id': invocation.instanceId,
        'requested-date-time': new Date(command.requestedAt).toISOString(),
        status,
      },
    });
  }

  #emitCommand(command: Command, status: CommandStatus): void {
    this.#options.emit({
      source: 'aws.ssm',
      'detail-type': 'EC2 Command Status-change Notification',
      resources: command.invocations.map((one) => one.instanceArn),
      detail: {
        'command-id': command.id,
        'document-name': command.document.name,
        'expire-after': new Date(command.expiresAt).toISOString(),
        parameters: command.parameters,
        'requested-date-time': new Date(command.requestedAt).toISOString(),
        status,
      },
    });
  }
}

/**
 * Aborts with the first of the signals. Node keeps the result of `AbortSignal.any` while anything listens, and with it
 * a whole stopped cloud.
 */
function either(...signals: readonly AbortSignal[]): AbortSignal {
  const first = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) first.abort();
    signal.addEventListener('abort', () => first.abort(), { once: true });
  }
  return first.signal;
}

/** The promise's value, or undefined if the signal comes first. */
function before<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const done = () => resolve(undefined);
    signal.addEventListener('abort', done);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', done));
  });
}

/**
 * A machine whose scripts also take time on a virtual clock: real work holds the clock, which then advances by the
 * script's own duration.
 */
function timed(machine: AgentMachine, clock: Clock): AgentMachine {
  if (clock.kind === 'real') return machine;
  return {
    async run(script: Script): Promise<Ended> {
      const release = clock.hold();
      let ended: Ended;
      try {
        ended = await machine.run(script);
      } finally {
        release();
      }
      await clock.sleep(ended.durationMs);
      return ended;
    },
  };
}
