import { readdirSync } from 'node:fs';
import { assetFolder, readAssembly } from './assembly.ts';
import { type StackHost, StackLife } from './life.ts';
import type { Created, ResourceType, Stack } from './resource.ts';
import { review } from './review.ts';
import { TemplateError } from './template-error.ts';

/** A created resource, with its origin. */
export interface Deployed extends Created {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** The path in the construct tree, from the assembly's metadata. */
  readonly path: string | undefined;
}

/** The stacks of one account and region. */
export class Stacks {
  readonly #types = new Map<string, ResourceType>();
  readonly #host: StackHost;
  /** In order of first deployment. */
  readonly #stacks = new Map<string, StackLife>();

  /** @throws TemplateError if a type is registered twice */
  constructor(host: StackHost) {
    this.#host = host;
    for (const type of host.types) {
      if (this.#types.has(type.type)) throw new TemplateError(`the resource type ${type.type} is registered twice`);
      this.#types.set(type.type, type);
    }
  }

  /**
   * Creates or updates every stack of an assembly, dependencies first.
   *
   * @param folder the folder that `cdk synth` wrote
   * @throws TemplateError before anything is created if something is unsupported, and if a stack cannot be deployed,
   * which then is as before
   */
  async deploy(folder: string): Promise<void> {
    const assembled = readAssembly(folder);
    review(assembled, this.#types);
    for (const stack of assembled) {
      const life = this.#stacks.get(stack.name) ?? new StackLife(stack.name, this.#types, this.#host);
      this.#stacks.set(stack.name, life);
      await life.deploy(folder, stack);
    }
  }

  /** Deletes every stack, the last one first. @throws TemplateError if a resource cannot be deleted */
  async delete(): Promise<void> {
    for (const life of [...this.#stacks.values()].toReversed()) await life.delete();
  }

  /** A deployed stack. */
  life(name: string): StackLife | undefined {
    return this.#stacks.get(name);
  }

  /** Every resource, in dependency order. */
  get resources(): readonly Deployed[] {
    return [...this.#stacks.values()].flatMap(({ name, resources }) =>
      [...resources].map(([logicalId, { created, definition, path }]) => {
        return { ...created, stack: name, logicalId, type: definition.Type, path };
      }),
    );
  }

  /** Outputs by name, and by `<stack>.<name>`. */
  get outputs(): Readonly<Record<string, string>> {
    const all = [...this.#stacks.values()].flatMap(({ name, outputs }) =>
      Object.entries(outputs).flatMap(([key, value]) => [
        [key, value],
        [`${name}.${key}`, value],
      ]),
    );
    return Object.fromEntries(all);
  }
}

/**
 * Finds the folder of an asset of the assembly that a stack comes from, by its S3 key.
 *
 * @throws TemplateError if there is none
 */
export function assetOf(stack: Stack, key: string): string {
  const manifests = readdirSync(stack.assembly).filter((name) => name.endsWith('.assets.json'));
  return assetFolder(stack.assembly, manifests, key);
}
