import * as v from 'valibot';
import { print } from './text.ts';

/** Writes one JSON object to standard output. Throws if it does not match the documented schema. */
export function printJson<S extends v.GenericSchema>(schema: S, value: v.InferInput<S>): void {
  print(JSON.stringify(v.parse(schema, value), undefined, 2));
}
