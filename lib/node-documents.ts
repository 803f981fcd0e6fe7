import { CfnResource } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Catalogue } from '../domain/catalogue.ts';
import { type Verb, verbs } from '../domain/parameters.ts';
import type { Runtime } from '../domain/runtimes.ts';
import { assembleDocument } from '../ssm-documents/assemble.ts';
import { documentOptions } from './config/document-options.ts';
import type { Config } from './config/schema.ts';

/** The prefix of every document's name, which the rule for results matches. */
export const documentPrefix = 'airlock-';

/** A document as `dispatch` names it to SSM. */
export interface NamedDocument {
  readonly name: string;
  /** SHA-256 of its text, in hexadecimal. */
  readonly hash: string;
}

/**
 * The SSM Command documents, one per runtime and verb; `inventory` only if nodes are inventoried. A document's name
 * ends with the hash of its content, so an ARN always names the same text, and a changed text is a new resource.
 */
export class NodeDocuments extends Construct {
  readonly #documents = new Map<string, NamedDocument>();
  readonly #runtimes: readonly Runtime[];

  constructor(
    scope: Construct,
    id: string,
    catalogue: Catalogue,
    config: Pick<Config, 'artifacts' | 'runtimes' | 'unknownHosts' | 'inventory'>,
  ) {
    super(scope, id);
    this.#runtimes = Object.keys(config.runtimes) as Runtime[];
    for (const runtime of this.#runtimes) {
      const options = documentOptions(config, runtime);
      for (const verb of verbs.filter((one) => one !== 'inventory' || config.inventory !== undefined)) {
        const { name, text, hash } = assembleDocument(catalogue, runtime, verb, options);
        const short = hash.slice(0, 12);
        // CloudFormation serializes an object itself, which changes the hash, but passes a string on unchanged.
        // CfnDocument accepts only objects.
        const document = new CfnResource(this, `${runtime}-${verb}-${short}`, {
          type: 'AWS::SSM::Document',
          properties: {
            Name: name,
            Content: text,
            DocumentType: 'Command',
            DocumentFormat: 'JSON',
            TargetType: '/AWS::EC2::Instance',
            UpdateMethod: 'Replace',
          },
        });
        this.#documents.set(`${runtime} ${verb}`, { name: document.ref, hash });
      }
    }
  }

  /** The documents for a verb, by runtime. */
  of(verb: Verb): Record<string, NamedDocument> {
    return Object.fromEntries(
      this.#runtimes.flatMap((runtime) => {
        const document = this.#documents.get(`${runtime} ${verb}`);
        return document ? [[runtime, document]] : [];
      }),
    );
  }
}
