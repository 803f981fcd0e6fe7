import * as v from 'valibot';
import { type Setting, settings } from '../../domain/function-settings.ts';

/**
 * Reads an environment variable that the stack sets for the function. Functions call this when they load.
 *
 * @returns its value in the form given by {@link settings}
 * @throws Error if it is missing or has another form: then stack and function do not match
 */
export function variable<Name extends Setting>(name: Name): v.InferOutput<(typeof settings)[Name]> {
  const value = process.env[name];
  const read = v.safeParse(settings[name] as (typeof settings)[Name], value);
  if (read.success) return read.output;
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  throw new Error(`environment variable ${name}: ${value.slice(0, 200)}: ${read.issues[0].message}`);
}

/** Reads a variable that Lambda sets for every function. @throws Error if it is missing */
export function lambdaVariable(
  name: 'AWS_LAMBDA_FUNCTION_NAME' | 'AWS_REGION' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY',
): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}
