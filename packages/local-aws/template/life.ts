import type { Clock } from '../clock.ts';
import type { Aws, Environment } from '../gateway/service.ts';
import type { AssembledStack, TemplateResource } from './assembly.ts';
import { resolve } from './intrinsics.ts';
import { stackId } from './names.ts';
import { inOrder } from './references.ts';
import { mustReplace } from './replacement.ts';
import type { Created, ResourceType, Stack } from './resource.ts';
import { typeOf } from './review.ts';
import { StackScope } from './scope.ts';
import { TemplateError } from './template-error.ts';

/** What a deployment needs. */
export interface StackHost {
  readonly env: Environment;
  readonly clock: Clock;
  readonly aws: Aws;
  readonly types: readonly ResourceType[];
}

type Properties = Readonly<Record<string, unknown>>;

/** A created resource. */
interface Made {
  readonly created: Created;
  readonly type: ResourceType;
  readonly definition: TemplateResource;
  /** Its properties, with every intrinsic resolved. */
  readonly properties: Properties;
  /** The path in the construct tree, from the assembly's metadata. */
  readonly path: string | undefined;
  /** The assembly folder that it was last deployed from. */
  readonly assembly: string;
}

/** A stack's status, as CloudFormation names it. `NONE` before its first creation and after its deletion. */
export type StackStatus =
  | 'NONE'
  | 'CREATE_COMPLETE'
  | 'ROLLBACK_COMPLETE'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_ROLLBACK_COMPLETE';

/**
 * One stack from its creation to its deletion, like CloudFormation. Changes are found by logical id; resources are
 * created, changed or replaced in dependency order, and restored if one step fails. Obsolete resources are deleted
 * last. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 */
export class StackLife {
  readonly name: string;
  readonly #types: ReadonlyMap<string, ResourceType>;
  readonly #host: StackHost;
  status: StackStatus = 'NONE';
  #made: ReadonlyMap<string, Made> = new Map();
  #outputs: Readonly<Record<string, string>> = {};
  #incarnation = 0;
  #replacements = 0;

  constructor(name: string, types: ReadonlyMap<string, ResourceType>, host: StackHost) {
    this.name = name;
    this.#types = types;
    this.#host = host;
  }

  /** The resources by logical id, in dependency order. */
  get resources(): ReadonlyMap<string, Made> {
    return this.#made;
  }

  get outputs(): Readonly<Record<string, string>> {
    return this.#outputs;
  }

  /**
   * Updates the stack to a template that differs in the properties of one resource.
   *
   * @param putBack restores what the resource depends on; a rollback calls it first
   * @returns the new values of `Fn::GetAtt`
   * @throws TemplateError with the reason, after the rollback
   */
  async change(logicalId: string, properties: Properties, putBack = () => {}): Promise<Created['attributes']> {
    const made = this.#made.get(logicalId);
    if (made?.type.update === undefined) throw new TemplateError(`${logicalId} cannot be changed in place`);
    const { ServiceToken } = made.properties;
    const after = { ...(ServiceToken === undefined ? {} : { ServiceToken }), ...properties };
    const change = { logicalId, before: made.properties, after };
    let created: Created;
    try {
      created = await made.type.update(made.created, change, this.#stack(made.assembly));
    } catch (error) {
      const back = { logicalId, before: after, after: made.properties };
      putBack();
      try {
        await made.type.update(made.created, back, this.#stack(made.assembly));
      } catch (failed) {
        throw new TemplateError(`UPDATE_ROLLBACK_FAILED: ${reasonOf(failed)}`, { cause: failed });
      }
      throw error;
    }
    this.#made = new Map([...this.#made, [logicalId, { ...made, properties: after, created }]]);
    if (created.ref !== made.created.ref) await this.#remove(logicalId, made);
    return created.attributes;
  }

  /**
   * Creates the stack, or updates it to this template. A stack whose creation failed is deleted first, like `cdk
   * deploy` does.
   *
   * @param folder the cloud assembly
   * @throws TemplateError with the resource and the reason, after the rollback
   */
  async deploy(folder: string, { template, paths }: AssembledStack): Promise<void> {
    if (this.status === 'ROLLBACK_COMPLETE') await this.delete();
    const isNew = this.status === 'NONE';
    if (isNew) this.#incarnation++;
    const stack = this.#stack(folder);
    const next = new Map<string, Made>();
    const created = new Map<string, Created>();
    const scope = new StackScope(stack, template, created);
    const undo: (() => Promise<void>)[] = [];
    const replaced: [string, Made][] = [];
    const included = ({ Condition: condition }: { Condition?: string }) =>
      condition === undefined || scope.condition(condition);
    for (const logicalId of inOrder(template, included)) {
      const definition = template.Resources[logicalId];
      const type = definition === undefined ? undefined : typeOf(this.#types, definition.Type);
      if (definition === undefined || type === undefined) continue;
      try {
        const properties = resolve(definition.Properties ?? {}, scope) as Properties;
        const wanted = { type, definition, properties, path: paths.get(logicalId), assembly: folder };
        const made = await this.#step(logicalId, wanted, stack, undo, replaced);
        next.set(logicalId, made);
        created.set(logicalId, made.created);
      } catch (error) {
        const failed = await rollBack(undo);
        this.status = isNew ? 'ROLLBACK_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE';
        const what = this.#made.has(logicalId) ? 'updated' : 'made';
        const also = failed === undefined ? '' : `; and the rollback failed: ${failed}`;
        throw new TemplateError(
          `${this.name}/${logicalId} (${definition.Type}) cannot be ${what}: ${reasonOf(error)}${also}`,
          { cause: error },
        );
      }
    }
    const gone = [...this.#made].filter(([logicalId]) => !next.has(logicalId));
    this.#made = next;
    this.status = isNew ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE';
    this.#outputs = outputsOf(template.Outputs ?? {}, scope);
    // An update is complete even if the replaced resources cannot be deleted.
    for (const [logicalId, made] of replaced) {
      if (!isRetained(made.definition['UpdateReplacePolicy']))
        await this.#remove(logicalId, made).catch(() => undefined);
    }
    for (const [logicalId, made] of gone.toReversed()) {
      if (!isRetained(made.definition['DeletionPolicy'])) await this.#remove(logicalId, made).catch(() => undefined);
    }
  }

  /** Deletes the stack. @throws TemplateError if a resource cannot be deleted; the remaining ones stay */
  async delete(): Promise<void> {
    for (const [logicalId, made] of [...this.#made].toReversed()) {
      try {
        if (!isRetained(made.definition['DeletionPolicy'])) await this.#remove(logicalId, made);
      } catch (error) {
        const what = `${this.name}/${logicalId} (${made.definition.Type})`;
        throw new TemplateError(`${what} cannot be deleted: ${reasonOf(error)}`, { cause: error });
      }
      this.#made = new Map([...this.#made].filter(([id]) => id !== logicalId));
    }
    this.#outputs = {};
    this.status = 'NONE';
  }

  /** Creates, keeps, changes or replaces one resource, and records how to undo that. */
  async #step(
    logicalId: string,
    wanted: Omit<Made, 'created'>,
    stack: Stack,
    undo: (() => Promise<void>)[],
    replaced: [string, Made][],
  ): Promise<Made> {
    const { type, definition, properties } = wanted;
    const before = this.#made.get(logicalId);
    const isSame = before?.definition.Type === definition.Type;
    const changed = before && isSame ? changedIn(before.properties, properties) : [];
    if (before && isSame && changed.length === 0) return { ...wanted, created: before.created };
    if (before && isSame && !mustReplace(definition.Type, changed)) {
      if (type.update === undefined) {
        throw new TemplateError(`the local cloud cannot change ${changed.join(', ')} of a ${definition.Type} in place`);
      }
      const change = { logicalId, before: before.properties, after: properties };
      const back = { logicalId, before: properties, after: before.properties };
      // A custom resource may have changed something before it failed, so it is restored too.
      const isCustom = type.type === 'AWS::CloudFormation::CustomResource';
      const putBack = async () => void (await type.update?.(before.created, back, this.#stack(before.assembly)));
      if (isCustom) undo.push(putBack);
      const created = await type.update(before.created, change, stack);
      if (!isCustom) undo.push(putBack);
      if (created.ref !== before.created.ref) replaced.push([logicalId, before]);
      return { ...wanted, created };
    }
    const other = before ? { ...stack, incarnation: `${stack.incarnation}r${++this.#replacements}` } : stack;
    const made = { ...wanted, created: await type.create(logicalId, properties, other, definition.Type) };
    undo.push(async () => {
      // Retain keeps it even if its creation is rolled back; RetainExceptOnCreate does not.
      if (definition['DeletionPolicy'] !== 'Retain') await this.#remove(logicalId, made);
    });
    if (before) replaced.push([logicalId, before]);
    return made;
  }

  async #remove(logicalId: string, { type, created, properties, assembly }: Made): Promise<void> {
    await type.remove?.(created, logicalId, this.#stack(assembly), properties);
  }

  #stack(assembly: string): Stack {
    const { env, clock, aws } = this.#host;
    const incarnation = this.#incarnation === 1 ? '' : `#${this.#incarnation}`;
    return { name: this.name, id: stackId(env, this.name, incarnation), incarnation, env, clock, aws, assembly };
  }
}

/** @returns what failed during the rollback */
async function rollBack(undo: readonly (() => Promise<void>)[]): Promise<string | undefined> {
  let failed: string | undefined;
  for (const step of undo.toReversed()) {
    try {
      await step();
    } catch (error) {
      failed ??= reasonOf(error);
    }
  }
  return failed;
}

function changedIn(before: Properties, after: Properties): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function outputsOf(outputs: Readonly<Record<string, Properties>>, scope: StackScope): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [key, output] of Object.entries(outputs)) {
    const condition = output['Condition'];
    if (typeof condition === 'string' && !scope.condition(condition)) continue;
    values[key] = String(resolve(output['Value'], scope));
  }
  return values;
}

function isRetained(policy: unknown): boolean {
  return policy === 'Retain' || policy === 'RetainExceptOnCreate';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
