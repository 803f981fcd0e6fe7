import { toJsonSchema } from '@valibot/to-json-schema';
import { ConfigSchema } from '../../lib/config/schema.ts';

/** `airlock.schema.json`: the shape of `airlock.yaml` for editors, made from the schema that reads it. */
export function configSchema(): string {
  const schema = toJsonSchema(ConfigSchema, {
    typeMode: 'input',
    // What one field says of another has no form in JSON Schema; the synthesis checks it.
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      const message = (valibotSchema as { readonly message?: unknown }).message;
      return typeof message === 'string' ? { ...jsonSchema, description: message } : undefined;
    },
  });
  return `${JSON.stringify({ title: 'airlock.yaml', ...schema }, undefined, 2)}\n`;
}
