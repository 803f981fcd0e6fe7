import { toJsonSchema } from '@valibot/to-json-schema';
import { type Description, descriptions } from '../../lib/config/descriptions.ts';
import { ConfigSchema } from '../../lib/config/schema.ts';

/** `airlock.schema.json`: the shape of `airlock.yaml` for editors, made from the schema that parses it. */
export function configSchema(): string {
  const schema = toJsonSchema(ConfigSchema, {
    typeMode: 'input',
    // JSON Schema cannot express rules between fields; the synthesis checks them.
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      const message = (valibotSchema as { readonly message?: unknown }).message;
      return typeof message === 'string' ? { ...jsonSchema, description: message } : undefined;
    },
  });
  return `${JSON.stringify({ title: 'airlock.yaml', ...describe(schema as JsonSchema, descriptions) }, undefined, 2)}\n`;
}

/** Puts what people read about a field before the form that it accepts. */
function describe(schema: JsonSchema, fields: Readonly<Record<string, Description>>): JsonSchema {
  const { properties = {}, items } = schema;
  const described = Object.entries(properties).map(([name, property]) => {
    const { about, fields: inner = {} } = fields[name] ?? {};
    const { description, ...rest } = describe(property, inner);
    const texts = [about, about === undefined ? description : description && `Accepted: ${description}.`];
    return [name, { ...rest, description: texts.filter((text) => text !== undefined).join('\n') }] as const;
  });
  return {
    ...schema,
    ...(described.length === 0 ? {} : { properties: Object.fromEntries(described) }),
    ...(items === undefined ? {} : { items: describe(items, fields) }),
  };
}

/** The part of JSON Schema that holds fields. */
interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}
