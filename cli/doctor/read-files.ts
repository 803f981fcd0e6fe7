import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { FoundDocument } from '../../domain/doctor/templates/aws-output.ts';
import { cloudFormationTags } from '../../domain/doctor/templates/cloudformation.ts';
import { listAt, textAt } from '../../domain/doctor/templates/read.ts';

/** A file that could not be read, and why. */
export interface UnreadFile {
  readonly source: string;
  readonly reason: string;
}

/** Declarations that a program evaluates say nothing before it has run. */
const programs =
  'is a program; accepted: Karpenter manifests, an eksctl configuration, CloudFormation templates. For CDK, give the template that cdk synth writes. Terraform pools are looked at once they are applied: npx airlock doctor';

/** Reads the documents of YAML and JSON files; the items of a Kubernetes List count as documents. */
export function readFiles(paths: readonly string[]): {
  documents: readonly FoundDocument[];
  unread: readonly UnreadFile[];
} {
  const documents: FoundDocument[] = [];
  const unread: UnreadFile[] = [];
  for (const source of paths) {
    try {
      documents.push(...documentsIn(readFileSync(source, 'utf8')).map((document) => ({ document, source })));
    } catch (error) {
      const [fault = ''] = (error as Error).message.split('\n');
      const isProgram = /\.(tf|ts|js|py)$/.test(source);
      unread.push({ source, reason: isProgram ? programs : `cannot be read: ${fault.replace(/:$/, '')}` });
    }
  }
  return { documents, unread };
}

/** JSON is YAML. */
function documentsIn(text: string): readonly unknown[] {
  return parseAllDocuments(text, { customTags: cloudFormationTags }).flatMap((parsed) => {
    const [fault] = parsed.errors;
    if (fault !== undefined) throw fault;
    const document: unknown = parsed.toJS();
    return textAt(document, 'kind') === 'List' ? listAt(document, 'items') : [document];
  });
}
