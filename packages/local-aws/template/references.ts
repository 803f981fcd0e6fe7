import type { Template, TemplateResource } from './assembly.ts';
import { intrinsicOf, subReferences } from './intrinsics.ts';
import { TemplateError } from './template-error.ts';

/** Names that a value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`, and the intrinsic functions it uses. */
export interface Mentions {
  readonly names: ReadonlySet<string>;
  readonly intrinsics: ReadonlySet<string>;
}

/** Walks a value without resolving it. */
export function mentions(value: unknown): Mentions {
  const names = new Set<string>();
  const intrinsics = new Set<string>();
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    const intrinsic = intrinsicOf(one);
    if (intrinsic !== undefined) {
      intrinsics.add(intrinsic.name);
      for (const name of direct(intrinsic.name, intrinsic.argument)) names.add(name);
    }
    for (const inner of Object.values(one)) walk(inner);
  };
  walk(value);
  return { names, intrinsics };
}

function direct(name: string, argument: unknown): readonly string[] {
  const first: unknown = Array.isArray(argument) ? argument[0] : argument;
  if (typeof first !== 'string') return [];
  if (name === 'Ref') return [first];
  if (name === 'Fn::GetAtt') return [first.split('.')[0] ?? ''];
  if (name !== 'Fn::Sub') return [];
  const given = Array.isArray(argument) ? Object.keys((argument[1] ?? {}) as object) : [];
  return subReferences(first)
    .filter((one) => !given.includes(one))
    .map((one) => one.split('.')[0] ?? '');
}

/**
 * Sorts resources so that each follows those it refers to.
 *
 * @throws TemplateError if resources refer to each other in a circle, or to one that is not in the template
 */
export function inOrder(template: Template, included: (resource: TemplateResource) => boolean): readonly string[] {
  const ordered = new Set<string>();
  const open: string[] = [];
  const visit = (logicalId: string): void => {
    const resource = template.Resources[logicalId];
    if (resource === undefined || !included(resource) || ordered.has(logicalId)) return;
    if (open.includes(logicalId)) {
      const circle = [...open.slice(open.indexOf(logicalId)), logicalId];
      throw new TemplateError(`circular dependency between resources: ${circle.join(' -> ')}`);
    }
    open.push(logicalId);
    const explicit = typeof resource.DependsOn === 'string' ? [resource.DependsOn] : (resource.DependsOn ?? []);
    for (const name of explicit) {
      if (!(name in template.Resources))
        throw new TemplateError(`${logicalId} depends on ${name}, which is no resource of the template`);
    }
    for (const name of [...explicit, ...mentions(resource.Properties).names]) visit(name);
    open.pop();
    ordered.add(logicalId);
  };
  for (const logicalId of Object.keys(template.Resources)) visit(logicalId);
  return [...ordered];
}
