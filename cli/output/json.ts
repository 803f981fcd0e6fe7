import * as v from 'valibot';
import { print } from './text.ts';

/** Writes one JSON object to standard output. Throws if it is not what the documented schema says. */
export function printJson<S extends v.GenericSchema>(schema: S, value: v.InferInput<S>): void {
  print(JSON.stringify(v.parse(schema, value), undefined, 2));
}
