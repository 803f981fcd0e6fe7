import { createHash } from 'node:crypto';
import { TemplateError } from './template-error.ts';

/**
 * A resource's physical name if the template has none: `<stack>-<logical id>-<suffix>`, like CloudFormation's; the
 * suffix is a pure function of both, so all runs are alike.
 *
 * @param stack a recreated stack, and a replaced resource, have another incarnation and so another suffix
 * @param longest the longest name that the service accepts; the middle is shortened
 */
export function physicalName(
  { name, incarnation }: { readonly name: string; readonly incarnation: string },
  logicalId: string,
  longest = 64,
): string {
  const suffix = suffixOf(`${name}/${logicalId}${incarnation}`);
  const room = longest - suffix.length - 1;
  return `${`${name}-${logicalId}`.slice(0, room)}-${suffix}`;
}

/** Twelve letters and digits derived from a seed. */
export function suffixOf(seed: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const digest = createHash('sha256').update(seed).digest();
  return [...digest.subarray(0, 12)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

/** A stack's id, as `AWS::StackId` returns it: a new one each time that a stack of the name is created. */
export function stackId(
  env: { partition: string; region: string; account: string },
  name: string,
  incarnation = '',
): string {
  const hex = createHash('sha256').update(`${name}${incarnation}`).digest('hex');
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-11ef-8${hex.slice(13, 16)}-${hex.slice(16, 28)}`;
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name))
    throw new TemplateError(`the stack name must match [A-Za-z][A-Za-z0-9-]*, not ${name}`);
  return `arn:${env.partition}:cloudformation:${env.region}:${env.account}:stack/${name}/${uuid}`;
}
