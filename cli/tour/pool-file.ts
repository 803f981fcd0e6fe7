import { readFileSync, writeFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { textAt } from '../../domain/doctor/templates/read.ts';
import { exampleRuntime } from '../../domain/runtimes.ts';
import { runtimeTag } from '../../domain/tags.ts';
import { snippetOf } from '../init/snippets.ts';

/** A slip that a person makes: two letters of the runtime are swapped. */
export const misspelled = 'gvsior';

/** What the declaration of the tour's pool depends on. */
interface TourPool {
  /** The name of the NodePool. */
  readonly name: string;
  readonly cluster: string;
  readonly gate: string;
  /** The instance profile of its nodes; undefined if Karpenter makes one. */
  readonly instanceProfile: string | undefined;
}

/** Writes a Karpenter pool whose tag asks for a runtime that does not exist. */
export function writeWrongPool(file: string, { name, cluster, gate, instanceProfile }: TourPool): void {
  const { text } = snippetOf('karpenter', exampleRuntime, { cluster, gate });
  const named = text
    .replaceAll(`airlock-${exampleRuntime}`, name)
    .replace(
      'role: NODE_ROLE',
      instanceProfile === undefined ? 'role: NODE_ROLE' : `instanceProfile: ${instanceProfile}`,
    );
  writeFileSync(file, named.replace(`${runtimeTag}: ${exampleRuntime}`, `${runtimeTag}: ${misspelled}`));
}

/** Corrects the slip. */
export function correctPool(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(misspelled, exampleRuntime));
}

/** The value of the tag airlock:runtime that the pool's instances get; empty if it has none. */
export function tagIn(file: string): string {
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as unknown);
  const values = documents.map((document) => textAt(document, 'spec', 'tags', runtimeTag));
  return values.find((value) => value !== undefined) ?? '';
}
