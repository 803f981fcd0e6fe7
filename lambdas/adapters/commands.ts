import {
  CancelCommandCommand,
  type CommandInvocation,
  InvalidDocument,
  InvalidDocumentVersion,
  InvalidInstanceId,
  paginateDescribeInstanceInformation,
  paginateListCommandInvocations,
  paginateListCommands,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import type { InvocationStatus } from '../../domain/invocation-status.ts';
import { consequenceOf, unlessDone } from './aws-errors.ts';

const reader = new SSMClient({ maxAttempts: 8 });

/**
 * SendCommand has no idempotency token, so the SDK must not retry it: after a lost answer, the command may have been
 * sent.
 */
const sender = new SSMClient({ maxAttempts: 1 });

/** The page limit of DescribeInstanceInformation and ListCommandInvocations. */
const pageSize = 50;

/** The agent on an instance, as SSM reports it. */
export interface SeenAgent {
  readonly ping: string;
  readonly lastPingAt: string;
  readonly version: string;
}

/**
 * Reads the agents on up to 100 instances, which is what a filter accepts. An instance that SSM does not know is
 * absent.
 */
export async function agentsOn(ids: readonly string[]): Promise<ReadonlyMap<string, SeenAgent>> {
  const agents = new Map<string, SeenAgent>();
  const Filters = [{ Key: 'InstanceIds', Values: [...ids] }];
  for await (const page of paginateDescribeInstanceInformation({ client: reader, pageSize }, { Filters })) {
    for (const { InstanceId, PingStatus, LastPingDateTime, AgentVersion } of page.InstanceInformationList ?? []) {
      if (!InstanceId || !LastPingDateTime) continue;
      agents.set(InstanceId, {
        ping: PingStatus ?? 'Inactive',
        lastPingAt: LastPingDateTime.toISOString(),
        version: AgentVersion ?? '0',
      });
    }
  }
  return agents;
}

/** One command for some instances. */
export interface Order {
  readonly document: string;
  /** SHA-256 of the deployed text, in hexadecimal. SSM sends no other text. */
  readonly documentHash: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly instanceIds: readonly string[];
  /** The comment of the command, by which it can be found. */
  readonly batchId: string;
  /** How long SSM tries to deliver the command. */
  readonly deliverySeconds: number;
}

/** The result of an order. `refused` has the instances that AWS rejected by name, if any. */
export type Sent =
  | { readonly ok: true; readonly commandId: string; readonly at: string }
  | {
      readonly ok: false;
      readonly why: 'invalid-instance' | 'document-changed' | 'denied' | 'throttled';
      readonly refused: readonly string[];
      readonly message: string;
    };

/**
 * Sends one command to up to 50 instances, once.
 *
 * @throws the SDK's error if the command may have been sent
 */
export async function sendCommand(order: Order): Promise<Sent> {
  try {
    const { Command } = await sender.send(
      new SendCommandCommand({
        DocumentName: order.document,
        // A version never changes, and there is no second one: another text gets another document.
        DocumentVersion: '1',
        DocumentHash: order.documentHash,
        DocumentHashType: 'Sha256',
        InstanceIds: [...order.instanceIds],
        Parameters: Object.fromEntries(Object.entries(order.parameters).map(([name, value]) => [name, [value]])),
        Comment: order.batchId,
        TimeoutSeconds: order.deliverySeconds,
        MaxErrors: '100%',
      }),
    );
    if (!Command?.CommandId) throw new Error('SendCommand answered without a command id');
    return { ok: true, commandId: Command.CommandId, at: (Command.RequestedDateTime ?? new Date()).toISOString() };
  } catch (error) {
    if (!(error instanceof Error) || consequenceOf('ssm:SendCommand', error) !== 'answer') throw error;
    const message = `${error.name}: ${error.message}`;
    if (error instanceof InvalidInstanceId) {
      const refused = order.instanceIds.filter((id) => message.includes(id));
      return { ok: false, why: 'invalid-instance', refused, message };
    }
    if (error instanceof InvalidDocument || error instanceof InvalidDocumentVersion)
      return { ok: false, why: 'document-changed', refused: [], message };
    // Otherwise AWS rejects the command itself. A later attempt may succeed.
    return { ok: false, why: error.name === 'ThrottlingException' ? 'throttled' : 'denied', refused: [], message };
  }
}

/**
 * Finds a command by its comment among those sent since a point in time.
 *
 * @returns the command and its instances, or undefined
 */
export async function findCommand(
  batchId: string,
  since: string,
): Promise<{ commandId: string; at: string; instanceIds: readonly string[] } | undefined> {
  const Filters = [{ key: 'InvokedAfter', value: withoutFraction(since) } as const];
  return unlessDone('ssm:ListCommands', async () => {
    for await (const { Commands } of paginateListCommands({ client: reader, pageSize }, { Filters })) {
      const found = Commands?.find((command) => command.Comment === batchId);
      if (!found?.CommandId) continue;
      const at = (found.RequestedDateTime ?? new Date(since)).toISOString();
      return { commandId: found.CommandId, at, instanceIds: found.InstanceIds ?? [] };
    }
    return undefined;
  });
}

/**
 * Asks SSM to cancel a command on one instance. The answer does not mean that it has ended. SSM rejects instances that
 * shut down or are gone: there is nothing to cancel on them.
 */
export async function cancelCommand(commandId: string, instanceId: string): Promise<void> {
  const cancel = new CancelCommandCommand({ CommandId: commandId, InstanceIds: [instanceId] });
  await unlessDone('ssm:CancelCommand', () => reader.send(cancel));
}

/** The status of a command on one instance. */
export interface Invocation extends InvocationStatus {
  readonly instanceId: string;
}

/**
 * Reads the status of a command on all its instances, or on one. The list is empty for a command that SSM does not know
 * (yet).
 */
export async function invocationsOf(commandId: string, InstanceId?: string): Promise<Invocation[]> {
  const seen: Invocation[] = [];
  const list = { CommandId: commandId, InstanceId, Details: true };
  await unlessDone('ssm:ListCommandInvocations', async () => {
    for await (const page of paginateListCommandInvocations({ client: reader, pageSize }, list)) {
      seen.push(...(page.CommandInvocations ?? []).map(readInvocation));
    }
  });
  return seen;
}

function readInvocation(one: CommandInvocation): Invocation {
  return {
    instanceId: one.InstanceId ?? '',
    comment: one.Comment ?? '',
    status: one.Status ?? 'Pending',
    statusDetails: one.StatusDetails ?? '',
    responseCode: one.CommandPlugins?.[0]?.ResponseCode ?? -1,
    document: one.DocumentName ?? '',
    output: one.CommandPlugins?.[0]?.Output ?? '',
  };
}

/** ListCommands accepts a time only without fractions of a second. */
function withoutFraction(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z');
}
