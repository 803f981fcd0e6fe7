import { toJsonSchema } from '@valibot/to-json-schema';
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
  return `${JSON.stringify({ title: 'airlock.yaml', ...schema }, undefined, 2)}\n`;
}
