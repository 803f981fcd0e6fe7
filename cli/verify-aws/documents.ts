import { createHash } from 'node:crypto';
import { DescribeDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { CheckResult } from './check-result.ts';
import { deployedResources, deployedTemplate } from './stack.ts';

/** What SSM reports about the version of a document that Airlock sends. */
interface Described {
  readonly Hash?: string | undefined;
  readonly HashType?: string | undefined;
  readonly LatestVersion?: string | undefined;
}

/** The version that Airlock sends: the one that a deployment creates. */
const sentVersion = '1';

/** Asks SSM for each document's hash. A command names the hash of the deployed text, and SSM runs no other text. */
export async function compareDocuments(): Promise<readonly CheckResult[]> {
  const client = new SSMClient();
  const hashes = hashesOf(await deployedTemplate());
  const documents = (await deployedResources()).filter(({ type }) => type === 'AWS::SSM::Document');
  const findings: CheckResult[] = [];
  for (const { logicalId, physicalId: Name } of documents) {
    const { Document = {} } = await client.send(new DescribeDocumentCommand({ Name, DocumentVersion: sentVersion }));
    findings.push(compareDocument(Name, hashes.get(logicalId), Document));
  }
  return findings.length > 0 ? findings : [{ ok: false, text: 'the stack has no documents' }];
}

/** The SHA-256 of each document's text in a template, by logical id. */
export function hashesOf(template: string): ReadonlyMap<string, string> {
  const { Resources } = JSON.parse(template) as {
    Resources: Readonly<Record<string, { Type: string; Properties?: { Content?: unknown } }>>;
  };
  return new Map(
    Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
      const content = Properties?.Content;
      if (Type !== 'AWS::SSM::Document' || typeof content !== 'string') return [];
      return [[id, createHash('sha256').update(content).digest('hex')] as const];
    }),
  );
}

/**
 * Compares SSM's description of a document with what was deployed.
 *
 * @param deployed the SHA-256 of the deployed text; undefined if the template has no such document
 */
export function compareDocument(name: string, deployed: string | undefined, described: Described): CheckResult {
  const { Hash, HashType, LatestVersion } = described;
  if (deployed === undefined) return { ok: false, text: `${name}: the template has no text for it` };
  if (HashType !== 'Sha256' || Hash !== deployed)
    return { ok: false, text: `${name}: SSM has the ${HashType} ${Hash}, but ${deployed} was deployed` };
  if (LatestVersion !== sentVersion)
    return { ok: false, text: `${name}: it has changed since, to version ${LatestVersion}; Airlock sends the first` };
  return { ok: true, text: `${name}: SSM has the hash of the deployed text` };
}
