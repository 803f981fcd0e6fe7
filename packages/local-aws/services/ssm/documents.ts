/**
 * Documents and their versions: https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-versions.html
 * and https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocument.html
 */
import type {
  DescribeDocumentCommandInput,
  UpdateDocumentCommandInput,
  UpdateDocumentDefaultVersionCommandInput,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../../gateway/service.ts';
import { readDocument, type StoredDocument } from './document.ts';

/** A document's versions, oldest first, and its default version. */
interface Versions {
  readonly all: StoredDocument[];
  standard: string;
}

/** The documents of one account and region. */
export class Documents {
  readonly #named = new Map<string, Versions>();

  /** Adds a document with its first version. Throws AwsError DocumentAlreadyExists. */
  add(document: Omit<StoredDocument, 'version'>): StoredDocument {
    if (this.#named.has(document.name)) {
      throw new AwsError('DocumentAlreadyExists', `Document with name ${document.name} already exists.`);
    }
    const stored = { ...document, version: '1' };
    this.#named.set(document.name, { all: [stored], standard: '1' });
    return stored;
  }

  /** Removes a document with all its versions. */
  remove(name: string): void {
    this.#named.delete(name);
  }

  /** Every document's default version. */
  all(): StoredDocument[] {
    return [...this.#named.values()].flatMap(
      ({ all, standard }) => all.find(({ version }) => version === standard) ?? [],
    );
  }

  /**
   * A document's version, as named in SendCommand.
   *
   * @throws AwsError InvalidDocument, InvalidDocumentVersion
   */
  find(name: string, version = '$DEFAULT'): StoredDocument {
    const { all, standard } = this.#versions(name);
    const wanted = version === '$DEFAULT' ? standard : version;
    const found = version === '$LATEST' ? all.at(-1) : all.find((one) => one.version === wanted);
    if (found === undefined) throw noVersion(name, version);
    return found;
  }

  /** DescribeDocument, without what describes its content. */
  describe({ Name = '', DocumentVersion }: DescribeDocumentCommandInput) {
    const { version, hash } = this.find(Name, DocumentVersion);
    const { all, standard } = this.#versions(Name);
    const versions = { DocumentVersion: version, LatestVersion: all.at(-1)?.version, DefaultVersion: standard };
    return { Document: { Name, ...versions, Hash: hash, HashType: 'Sha256', Status: 'Active' } };
  }

  /** UpdateDocument: adds a version, based on the latest one. */
  update({ Name = '', Content, DocumentVersion = '$LATEST', DocumentFormat = 'JSON' }: UpdateDocumentCommandInput) {
    const { all } = this.#versions(Name);
    const latest = this.find(Name, DocumentVersion);
    if (latest !== all.at(-1)) throw noVersion(Name, DocumentVersion);
    const read = readDocument(Content ?? '', DocumentFormat === 'YAML' ? 'YAML' : 'JSON');
    if (all.some(({ hash }) => hash === read.hash)) {
      throw new AwsError(
        'DuplicateDocumentContent',
        'The content of the association document matches another document.',
      );
    }
    const made = { ...latest, ...read, version: String(Number(latest.version) + 1) };
    all.push(made);
    return { DocumentDescription: { Name, DocumentVersion: made.version, Hash: made.hash, HashType: 'Sha256' } };
  }

  /** UpdateDocumentDefaultVersion: sets the version for calls that name none. */
  setStandard({ Name = '', DocumentVersion = '' }: UpdateDocumentDefaultVersionCommandInput) {
    const versions = this.#versions(Name);
    versions.standard = this.find(Name, DocumentVersion).version;
    return { Description: { Name, DefaultVersion: versions.standard } };
  }

  #versions(name: string): Versions {
    const found = this.#named.get(name);
    if (found === undefined) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
    return found;
  }
}

function noVersion(name: string, version: string): AwsError {
  return new AwsError('InvalidDocumentVersion', `The document ${name} has no version ${version}.`);
}
