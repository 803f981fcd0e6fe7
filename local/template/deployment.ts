import { readdirSync } from 'node:fs';
import type { Aws, Place } from '../aws/service.ts';
import type { Clock } from '../clock.ts';
import { type AssembledStack, assetFolder, readAssembly } from './assembly.ts';
import { resolve } from './intrinsics.ts';
import { inOrder } from './references.ts';
import type { Created, ResourceType, Stack } from './resource.ts';
import { review, typeOf } from './review.ts';
import { StackScope } from './scope.ts';
import { TemplateError } from './template-error.ts';

/** A resource that was made, with where it came from. */
export interface Deployed extends Created {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** The path in the construct tree, from the assembly's metadata. */
  readonly path: string | undefined;
  /** Deletes it, unless it is to be retained. */
  remove(): Promise<void>;
}

/** What a deployment needs. */
export interface Ground {
  readonly place: Place;
  readonly clock: Clock;
  readonly aws: Aws;
  readonly types: readonly ResourceType[];
}

/** What came of a deployment. */
export interface Deployment {
  readonly resources: readonly Deployed[];
  /** Outputs by name; in an assembly of several stacks also by `<stack>.<name>`. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Makes every resource of an assembly, in the order of their dependencies.
 *
 * @param folder the folder that `cdk synth` wrote
 * @throws TemplateError before anything is made where something is not known, and where a resource cannot be made (with its logical id)
 */
export async function deploy(folder: string, ground: Ground): Promise<Deployment> {
  const types = new Map<string, ResourceType>();
  for (const type of ground.types) {
    if (types.has(type.type)) throw new TemplateError(`the resource type ${type.type} is registered twice`);
    types.set(type.type, type);
  }
  const stacks = readAssembly(folder);
  review(stacks, types);
  const resources: Deployed[] = [];
  const outputs: Record<string, string> = {};
  for (const stack of stacks) {
    const done = await deployStack(folder, stack, types, ground);
    resources.push(...done.resources);
    Object.assign(outputs, done.outputs);
  }
  return { resources, outputs };
}

async function deployStack(
  folder: string,
  { name, template, paths }: AssembledStack,
  types: ReadonlyMap<string, ResourceType>,
  { place, clock, aws }: Ground,
): Promise<Deployment> {
  const created = new Map<string, Created>();
  const scope = new StackScope(name, template, place, created);
  const stack: Stack = { name, place, clock, aws, assembly: folder };
  const resources: Deployed[] = [];
  const included = ({ Condition: condition }: { Condition?: string }) =>
    condition === undefined || scope.condition(condition);
  for (const logicalId of inOrder(template, included)) {
    const resource = template.Resources[logicalId];
    const type = resource === undefined ? undefined : typeOf(types, resource.Type);
    if (resource === undefined || type === undefined) continue;
    try {
      const properties = resolve(resource.Properties ?? {}, scope) as Record<string, unknown>;
      const one = await type.create(logicalId, properties, stack, resource.Type);
      created.set(logicalId, one);
      const path = paths.get(logicalId);
      const retained = resource['DeletionPolicy'] === 'Retain';
      const remove = async () => (retained ? undefined : await type.remove?.(one, logicalId, stack));
      resources.push({ ...one, stack: name, logicalId, type: resource.Type, path, remove });
    } catch (error) {
      await removeAll(resources).catch(() => undefined);
      const reason = error instanceof Error ? error.message : String(error);
      throw new TemplateError(`${name}/${logicalId} (${resource.Type}) cannot be made: ${reason}`, { cause: error });
    }
  }
  const outputs: Record<string, string> = {};
  for (const [key, output] of Object.entries(template.Outputs ?? {})) {
    const condition = output['Condition'];
    if (typeof condition === 'string' && !scope.condition(condition)) continue;
    const value = String(resolve(output['Value'], scope));
    outputs[key] = value;
    outputs[`${name}.${key}`] = value;
  }
  return { resources, outputs };
}

/** Deletes resources in reverse of the order in which they were made. Throws where one cannot be deleted, and leaves the others. */
export async function removeAll(resources: readonly Deployed[]): Promise<void> {
  for (const { remove, stack, logicalId, type } of resources.toReversed()) {
    try {
      await remove();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TemplateError(`${stack}/${logicalId} (${type}) cannot be deleted: ${reason}`, { cause: error });
    }
  }
}

/**
 * Finds the folder of an asset of the assembly that a stack comes from, by its S3 key.
 *
 * @throws TemplateError where there is none
 */
export function assetOf(stack: Stack, key: string): string {
  const manifests = readdirSync(stack.assembly).filter((name) => name.endsWith('.assets.json'));
  return assetFolder(stack.assembly, manifests, key);
}
