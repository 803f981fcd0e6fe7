/**
 * Command documents: their format and parameters,
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html. The
 * resource: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-document.html
 */

import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';
import { AwsError } from '../../gateway/service.ts';

const ParameterSchema = v.strictObject({
  type: v.picklist(['String', 'StringList', 'Boolean', 'Integer', 'MapList', 'StringMap']),
  description: v.optional(v.string()),
  default: v.optional(v.unknown()),
  allowedValues: v.optional(v.array(v.string())),
  allowedPattern: v.optional(v.string()),
  displayType: v.optional(v.picklist(['textfield', 'textarea'])),
  minItems: v.optional(v.number()),
  maxItems: v.optional(v.number()),
  minChars: v.optional(v.number()),
  maxChars: v.optional(v.number()),
  interpolationType: v.optional(v.picklist(['ENV_VAR'])),
});

const StepSchema = v.strictObject({
  action: v.pipe(v.string(), v.regex(/^aws:\w+$/)),
  name: v.pipe(v.string(), v.regex(/^\w{1,128}$/)),
  precondition: v.optional(v.record(v.string(), v.unknown())),
  maxAttempts: v.optional(v.number()),
  timeoutSeconds: v.optional(v.unknown()),
  inputs: v.looseObject({}),
});

const DocumentSchema = v.strictObject({
  schemaVersion: v.literal('2.2', 'schemaVersion must be "2.2" here'),
  description: v.optional(v.string()),
  parameters: v.optional(v.record(v.pipe(v.string(), v.regex(/^[a-zA-Z0-9]+$/)), ParameterSchema), {}),
  mainSteps: v.pipe(v.array(StepSchema), v.minLength(1)),
});

/** The content of a schema 2.2 Command document. */
export type DocumentContent = v.InferOutput<typeof DocumentSchema>;
/** A declared parameter of a document. */
type DocumentParameter = v.InferOutput<typeof ParameterSchema>;
/** The parameter values of one run, each a list, as in SendCommand. */
export type ParameterValues = Readonly<Record<string, readonly string[]>>;

/** A created document. */
export interface StoredDocument {
  readonly name: string;
  readonly arn: string;
  /** A whole number from 1 on. */
  readonly version: string;
  readonly content: DocumentContent;
  /** The content's SHA-256. */
  readonly hash: string;
  readonly size: number;
  readonly targetType: string | undefined;
}

/** The largest document with its parameters at run time, in bytes: 64 KB. */
const largestDocument = 65_536;

/**
 * Parses a document's content.
 *
 * @param content the object, or its text in JSON or YAML
 * @throws AwsError InvalidDocumentContent, InvalidDocumentSchemaVersion, MaxDocumentSizeExceeded
 */
export function readDocument(
  content: unknown,
  format: 'JSON' | 'YAML',
): { content: DocumentContent; hash: string; size: number } {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const size = Buffer.byteLength(text);
  if (size > largestDocument) {
    throw new AwsError('MaxDocumentSizeExceeded', `The document has ${size} bytes; ${largestDocument} are the most.`);
  }
  let parsed: unknown;
  try {
    parsed = typeof content === 'string' ? (format === 'YAML' ? parseYaml(content) : JSON.parse(content)) : content;
  } catch (error) {
    throw new AwsError('InvalidDocumentContent', `The document is no ${format}: ${String(error)}`);
  }
  const read = v.safeParse(DocumentSchema, parsed);
  if (!read.success) {
    const [issue] = read.issues;
    const path = v.getDotPath(issue) ?? 'the document';
    const code = path === 'schemaVersion' ? 'InvalidDocumentSchemaVersion' : 'InvalidDocumentContent';
    throw new AwsError(code, `${path}: ${issue.message}`);
  }
  const names = read.output.mainSteps.map((step) => step.name);
  if (new Set(names).size < names.length) throw new AwsError('InvalidDocumentContent', 'Two steps have the same name.');
  for (const [name, { allowedPattern }] of Object.entries(read.output.parameters)) {
    if (allowedPattern !== undefined) pattern(name, allowedPattern);
  }
  return { content: read.output, hash: createHash('sha256').update(text).digest('hex'), size };
}

/**
 * Checks the values in SendCommand like the service, before any node receives them.
 *
 * @returns every parameter's values, defaults included
 * @throws AwsError InvalidParameters that names the parameter, the value and the accepted form; MaxDocumentSizeExceeded
 */
export function checkParameters(document: StoredDocument, given: ParameterValues): ParameterValues {
  const declared = document.content.parameters;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(declared, name))
      throw invalid(`Parameter "${name}" is not defined in the document ${document.name}.`);
  }
  const values: Record<string, readonly string[]> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const value = given[name] ?? defaults(parameter.default);
    if (value === undefined) throw invalid(`Parameter "${name}" is required by the document ${document.name}.`);
    checkValues(name, parameter, value);
    values[name] = value;
  }
  const size = document.size + Buffer.byteLength(JSON.stringify(values));
  if (size > largestDocument) {
    throw new AwsError(
      'MaxDocumentSizeExceeded',
      `The document and its parameters have ${size} bytes; ${largestDocument} are the most.`,
    );
  }
  return values;
}

function checkValues(name: string, parameter: DocumentParameter, values: readonly string[]): void {
  const { type, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = parameter;
  const isList = type === 'StringList';
  if (!isList && values.length !== 1) throw invalid(`Parameter "${name}" takes one value, not ${values.length}.`);
  if (isList && (values.length < minItems || values.length > maxItems)) {
    throw invalid(`Parameter "${name}" takes ${minItems} to ${maxItems} values, not ${values.length}.`);
  }
  for (const value of values) {
    const { allowedValues, allowedPattern, minChars = 0, maxChars = Number.POSITIVE_INFINITY } = parameter;
    if (type === 'Boolean' && !/^(true|false)$/i.test(value))
      throw invalid(`Parameter "${name}" takes true or false, not "${value}".`);
    if (type === 'Integer' && !/^-?\d+$/.test(value))
      throw invalid(`Parameter "${name}" takes a whole number, not "${value}".`);
    if (allowedValues !== undefined && !allowedValues.includes(value)) {
      throw invalid(`Parameter "${name}" takes one of ${allowedValues.join(', ')}, not "${value}".`);
    }
    if (allowedPattern !== undefined && !pattern(name, allowedPattern).matcher(value).find()) {
      throw invalid(`Parameter "${name}" with the value "${value}" does not match the pattern ${allowedPattern}.`);
    }
    if (value.length < minChars || value.length > maxChars) {
      throw invalid(`Parameter "${name}" takes ${minChars} to ${maxChars} characters, not ${value.length}.`);
    }
  }
}

const compiled = new Map<string, RE2JS>();

/**
 * As in the agent, a pattern is unanchored unless it says otherwise. Which grammar the service reads is not documented;
 * the agent reads RE2's, so no pattern passes here that fails there.
 */
function pattern(name: string, source: string): RE2JS {
  try {
    const known = compiled.get(source) ?? RE2JS.compile(source);
    compiled.set(source, known);
    return known;
  } catch (error) {
    throw new AwsError('InvalidDocumentContent', `parameters.${name}.allowedPattern: ${String(error)}`);
  }
}

function defaults(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.map(String) : [typeof value === 'object' ? JSON.stringify(value) : String(value)];
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameters', message);
}
