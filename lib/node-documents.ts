import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Runtime } from '../domain/node.ts';
import { type Verb, verbs } from '../domain/parameters.ts';
import { assembleDocument, type DocumentOptions } from '../ssm-documents/assemble.ts';

/** The beginning of every document's name; the rule for results matches it. */
export const documentPrefix = 'airlock-';

/**
 * The SSM Command documents, one a runtime and verb. A document's name ends in the hash of its content, so that its ARN names one text for
 * ever; another text is another resource.
 */
export class NodeDocuments extends Construct {
  readonly #documents = new Map<string, CfnDocument>();
  readonly #runtimes: readonly Runtime[];

  constructor(
    scope: Construct,
    id: string,
    catalogue: Catalogue,
    runtimes: readonly Runtime[],
    options: Pick<DocumentOptions, 'unknownHosts' | 'annotations'> = {},
  ) {
    super(scope, id);
    this.#runtimes = runtimes;
    for (const runtime of runtimes) {
      for (const verb of verbs) {
        const { name, content, hash } = assembleDocument(catalogue, runtime, verb, options);
        const short = hash.slice(0, 12);
        const document = new CfnDocument(this, `${runtime}-${verb}-${short}`, {
          name,
          content,
          documentType: 'Command',
          documentFormat: 'JSON',
          targetType: '/AWS::EC2::Instance',
          updateMethod: 'Replace',
        });
        this.#documents.set(`${runtime} ${verb}`, document);
      }
    }
  }

  /** The names of the documents of a verb, by runtime. */
  namesOf(verb: Verb): Record<string, string> {
    return Object.fromEntries(
      this.#runtimes.flatMap((runtime) => {
        const document = this.#documents.get(`${runtime} ${verb}`);
        return document ? [[runtime, document.ref]] : [];
      }),
    );
  }
}
