import * as v from 'valibot';
import { TemplateError } from '../template/template-error.ts';

/** A number, or the string that CloudFormation accepts for one. */
const NumberSchema = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+(\.\d+)?$/), v.transform(Number))]),
  v.number(),
);

/** A whole number within bounds, as a property. */
export function integer(min: number, max: number) {
  return v.pipe(NumberSchema, v.integer(), v.minValue(min), v.maxValue(max));
}

/** A boolean, or the string that CloudFormation accepts for one. */
export const BooleanSchema = v.union([
  v.boolean(),
  v.pipe(
    v.picklist(['true', 'false']),
    v.transform((text) => text === 'true'),
  ),
]);

/** A resource's tags, as a list. */
export const TagsSchema = v.array(v.strictObject({ Key: v.string(), Value: v.string() }));

/**
 * Checks a resource's properties.
 *
 * @throws TemplateError that names the resource, the property, the value seen and the accepted form
 */
export function readProperties<const Schema extends v.GenericSchema>(
  type: string,
  logicalId: string,
  schema: Schema,
  properties: Readonly<Record<string, unknown>>,
): v.InferOutput<Schema> {
  const read = v.safeParse(schema, properties);
  if (read.success) return read.output;
  const [issue] = read.issues;
  const path = v.getDotPath(issue) ?? 'its properties';
  throw new TemplateError(`${logicalId} (${type}): ${path}: ${issue.message}`);
}

/** The names of a schema's properties, for a resource type's list. */
export function propertyNames(schema: { readonly entries: Readonly<Record<string, unknown>> }): readonly string[] {
  return Object.keys(schema.entries);
}
