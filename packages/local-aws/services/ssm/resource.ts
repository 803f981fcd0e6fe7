/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-document.html */
import * as v from 'valibot';
import { AwsError } from '../../gateway/service.ts';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { propertyNames, readProperties, TagsSchema } from '../properties.ts';

import { readDocument, type StoredDocument } from './document.ts';

/** https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const mostBytes = 65_536;

const DocumentSchema = v.strictObject({
  Name: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[a-zA-Z0-9_.-]{3,128}$/),
      v.check((name) => !/^(aws|amazon|amzn)/i.test(name), 'names that begin with aws, amazon or amzn are reserved'),
    ),
  ),
  Content: v.union([v.string(), v.looseObject({})]),
  DocumentType: v.literal('Command', 'only Command documents are modelled here'),
  DocumentFormat: v.optional(v.picklist(['JSON', 'YAML']), 'JSON'),
  TargetType: v.optional(v.pipe(v.string(), v.regex(/^\/[\w.\-:/]*$/))),
  UpdateMethod: v.optional(v.picklist(['Replace', 'NewVersion']), 'Replace'),
  Tags: v.optional(TagsSchema),
});

/** The store of the documents. */
interface DocumentStore {
  addDocument(document: Omit<StoredDocument, 'arn' | 'version'>): StoredDocument;
  removeDocument(name: string): void;
}

/** `AWS::SSM::Document`. */
export function documentResourceType(ssm: DocumentStore): ResourceType {
  return {
    type: 'AWS::SSM::Document',
    properties: propertyNames(DocumentSchema),
    create(logicalId, properties, stack) {
      const read = readProperties(this.type, logicalId, DocumentSchema, properties);
      const name = read.Name ?? physicalName(stack, logicalId, 128);
      const text = typeof read.Content === 'string' ? read.Content : JSON.stringify(read.Content);
      if (Buffer.byteLength(text) > mostBytes) {
        throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document is 64 KB.');
      }
      ssm.addDocument({ name, targetType: read.TargetType, ...readDocument(read.Content, read.DocumentFormat) });
      return { ref: name, attributes: {} };
    },
    remove: ({ ref }) => ssm.removeDocument(ref),
  };
}
