import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, parseAllDocuments } from 'yaml';
import { examineFiles } from '../../cli/doctor/examine-files.ts';
import type { Standard } from '../../domain/doctor/standard.ts';
import { cloudFormationTags } from '../../domain/doctor/templates/cloudformation.ts';
import type { Diagnosis } from '../../domain/findings.ts';
import { standardOf } from '../../lib/config/doctor-standard.ts';
import { loadSettings } from '../../lib/config/settings.ts';

export const root = join(import.meta.dirname, '..', '..');
export const startupTaint = 'startup-taint.cluster-autoscaler.kubernetes.io/airlock';
export const profileArn = 'arn:aws:iam::123456789012:instance-profile/nodes';
/** The path of Canonical's parameter with an image for EKS. */
export const imagePath =
  'resolve:ssm:/aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id';
/** What the examples of templates leave to their parameters. */
export const parameters = { InstanceProfileArn: profileArn, ImageId: imagePath };

export const folder = mkdtempSync(join(tmpdir(), 'airlock-doctor-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Writes a file. @returns its path */
export function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The gate that an example declares. */
export const gateOf = (example: string) => (example.startsWith('karpenter') ? 'airlock.dev/bootstrap' : startupTaint);

/** What the examples of pools ask airlock.yaml for. @param more further lines */
export function config(gate = 'airlock.dev/bootstrap', more = ''): string {
  const text = `clusters: [{ name: CLUSTER, instanceProfiles: ["CLUSTER_*", nodes, "eks-*"] }]\ngate: ${gate}\n${more}\n`;
  return written('airlock.yaml', text);
}

/** What `airlock.yaml` and the catalogue ask of pools. */
export function standard(airlockYaml = config()): Standard {
  return standardOf(loadSettings({ config: airlockYaml }));
}

/** Looks at files. */
export function examine(
  paths: readonly string[],
  airlockYaml = config(),
  values: Readonly<Record<string, string>> = {},
): Diagnosis {
  return examineFiles(paths, new Map(Object.entries(values)), standard(airlockYaml)).diagnosis;
}

export const codesOf = ({ findings }: Diagnosis) => findings.map(({ code }) => code);

/** One change of a document of an example: a field with its new value, or without one to delete it. */
export type Change = readonly [document: number, path: readonly (string | number)[], value?: unknown];

/** An example with some fields changed. @returns its path */
export function changed(example: string, changes: readonly Change[]): string {
  const plain = changedDocuments(example, changes).map((document) => JSON.stringify(document));
  return written('changed.yaml', plain.join('\n---\n'));
}

/** The documents of an example with some fields changed. */
export function changedDocuments(example: string, changes: readonly Change[]): readonly unknown[] {
  const text = readFileSync(join(root, 'examples', example), 'utf8');
  const documents = parseAllDocuments(text, { customTags: cloudFormationTags }) as Document[];
  for (const [document, path, value] of changes) {
    if (value === undefined) documents[document]?.deleteIn(path);
    else documents[document]?.setIn(path, value);
  }
  return documents.map((document) => document.toJS() as unknown);
}

/** Looks at an example with some fields changed. @param more further lines of airlock.yaml */
export function examineChanged(example: string, changes: readonly Change[], more = ''): Diagnosis {
  return examine([changed(example, changes)], config(gateOf(example), more), parameters);
}
