import { setTimeout } from 'node:timers/promises';
import {
  DescribeDocumentCommand,
  InvalidInstanceId,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { hasEnded } from '../../domain/invocation-status.ts';
import { readResult } from '../../domain/result.ts';
import { CouldNotLook } from '../output/errors.ts';

/** How often SSM is asked for the result, in milliseconds. */
const everyMs = 2_000;

/** How long SSM tries to deliver the command, in seconds. */
const deliverySeconds = 120;

/** How long the document may take on the node, in seconds. */
const runSeconds = 900;

/** A document of the stack, with the hash of its text. */
export interface CheckedDocument {
  readonly name: string;
  /** SHA-256 in hexadecimal. SSM sends no other text. */
  readonly hash: string;
}

/**
 * Checks that SSM still has the text of a document that its name ends with the hash of.
 *
 * @throws CouldNotLook if it has another one
 */
export async function checkDocument(ssm: SSMClient, name: string): Promise<CheckedDocument> {
  const { Document } = await ssm.send(new DescribeDocumentCommand({ Name: name, DocumentVersion: '1' }));
  const hash = Document?.Hash ?? '';
  if (hash.startsWith(name.slice(name.lastIndexOf('-') + 1))) return { name, hash };
  throw new CouldNotLook(`SSM has another text for ${name} than the one that was deployed; deploy the stack again`);
}

/**
 * Runs a document that uninstalls a runtime on one instance, with the caller's rights.
 *
 * @returns the outcome that the document reports, with its detail
 * @throws CouldNotLook if there is no result in time
 */
export async function runUninstallation(
  ssm: SSMClient,
  { name, hash }: CheckedDocument,
  instanceId: string,
): Promise<{ readonly outcome: string; readonly detail: string }> {
  const sending = ssm.send(
    new SendCommandCommand({
      DocumentName: name,
      DocumentVersion: '1',
      DocumentHash: hash,
      DocumentHashType: 'Sha256',
      InstanceIds: [instanceId],
      Parameters: { Seconds: [String(runSeconds)] },
      Comment: 'airlock uninstall',
      TimeoutSeconds: deliverySeconds,
    }),
  );
  const sent = await sending.catch((error: unknown) => {
    if (error instanceof InvalidInstanceId) return undefined;
    throw error;
  });
  if (sent === undefined)
    return { outcome: 'agent-offline', detail: 'SSM does not reach its agent, so nothing ran on it' };
  const CommandId = sent.Command?.CommandId ?? '';
  const until = Date.now() + (deliverySeconds + runSeconds) * 1_000;
  while (Date.now() < until) {
    await setTimeout(everyMs);
    const listed = await ssm.send(
      new ListCommandInvocationsCommand({ CommandId, InstanceId: instanceId, Details: true }),
    );
    const [one] = listed.CommandInvocations ?? [];
    if (one === undefined || !hasEnded({ status: one.Status ?? '' })) continue;
    const read = readResult(one.CommandPlugins?.[0]?.Output ?? '');
    if (read.ok) return { outcome: read.result.outcome, detail: read.result.detail };
    return { outcome: one.StatusDetails ?? 'Failed', detail: `${read.reason} (command ${CommandId})` };
  }
  throw new CouldNotLook(`the command ${CommandId} had no result in time; its page in the SSM console has more`);
}
