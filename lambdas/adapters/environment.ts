/**
 * Reads a variable that the stack sets for the function.
 *
 * @throws Error where it is missing or empty: the stack and the function do not belong together
 */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}
