import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TemplateError } from './template-error.ts';

/** A template in the cloud assembly. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, Json>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, Json>>;
  readonly [section: string]: unknown;
}

/** One resource in the template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Json;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly Metadata?: Json;
  readonly [attribute: string]: unknown;
}

/** One stack in the assembly. */
export interface AssembledStack {
  readonly name: string;
  readonly template: Template;
  /** Names of the stacks that have to be deployed first. */
  readonly dependencies: readonly string[];
  /** Logical ids to paths in the construct tree, `Acme/Admission/Function/Resource` for instance. */
  readonly paths: ReadonlyMap<string, string>;
}

type Json = Readonly<Record<string, unknown>>;

interface Artifact {
  readonly type: string;
  readonly dependencies?: readonly string[];
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string };
  readonly metadata?: Metadata;
  readonly additionalMetadataFile?: string;
}

/** CDK's metadata for each construct, by path with a leading slash. */
type Metadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>;

/**
 * Reads a cloud assembly's stacks, dependencies first.
 *
 * @param folder the folder that `cdk synth` wrote, with `manifest.json` in it
 * @throws TemplateError if the folder contains no assembly, or one with nested assemblies (stages)
 */
export function readAssembly(folder: string): readonly AssembledStack[] {
  const path = join(folder, 'manifest.json');
  if (!existsSync(path)) throw new TemplateError(`${folder} holds no cloud assembly: manifest.json is missing`);
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { artifacts?: Record<string, Artifact> };
  const artifacts = Object.entries(manifest.artifacts ?? {});
  for (const [id, { type }] of artifacts) {
    if (type === 'cdk:cloud-assembly') throw new TemplateError(`the nested assembly ${id} (a Stage) is not known here`);
  }
  const stacks = new Map<string, AssembledStack>();
  for (const [id, { type, properties, dependencies = [], metadata, additionalMetadataFile }] of artifacts) {
    if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) continue;
    const text = readFileSync(join(folder, properties.templateFile), 'utf8');
    const template = withinQuotas(JSON.parse(text) as Template, Buffer.byteLength(text), id);
    const more = additionalMetadataFile && JSON.parse(readFileSync(join(folder, additionalMetadataFile), 'utf8'));
    const paths = pathsOf({ ...metadata, ...(more as Metadata | undefined) });
    stacks.set(id, { name: properties.stackName ?? id, template, dependencies, paths });
  }
  return inOrder(stacks);
}

/**
 * CloudFormation User Guide, "Understand CloudFormation quotas": a template that is read from a bucket, and its
 * contents.
 */
const quotas = { bytes: 1_048_576, resources: 500, outputs: 200, parameters: 200 };

function withinQuotas(template: Template, bytes: number, id: string): Template {
  const counted = {
    bytes,
    resources: Object.keys(template.Resources).length,
    outputs: Object.keys(template.Outputs ?? {}).length,
    parameters: Object.keys(template.Parameters ?? {}).length,
  };
  for (const name of ['bytes', 'resources', 'outputs', 'parameters'] as const) {
    if (counted[name] > quotas[name]) {
      throw new TemplateError(
        `the template of ${id} has ${counted[name]} ${name}; CloudFormation takes ${quotas[name]} at most`,
      );
    }
  }
  return template;
}

function pathsOf(metadata: Metadata): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [path, entries] of Object.entries(metadata)) {
    for (const { type, data } of entries) {
      if (type === 'aws:cdk:logicalId') paths.set(String(data), path.slice(1));
    }
  }
  return paths;
}

function inOrder(stacks: ReadonlyMap<string, AssembledStack>): readonly AssembledStack[] {
  const ordered = new Map<string, AssembledStack>();
  const visit = (id: string): void => {
    const stack = stacks.get(id);
    if (stack === undefined || ordered.has(id)) return;
    for (const dependency of stack.dependencies) visit(dependency);
    ordered.set(id, stack);
  };
  for (const id of stacks.keys()) visit(id);
  return [...ordered.values()];
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string; readonly packaging?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/**
 * Finds the folder of a zipped asset by the key under which CDK would upload it.
 *
 * @param folder the folder of the cloud assembly
 * @param assetManifests the names of its `*.assets.json` files
 * @param key the S3 key, for instance `<hash>.zip`
 * @throws TemplateError if no asset has the key, or the asset is not a folder to be zipped
 */
export function assetFolder(folder: string, assetManifests: readonly string[], key: string): string {
  for (const name of assetManifests) {
    const manifest = JSON.parse(readFileSync(join(folder, name), 'utf8')) as AssetManifest;
    for (const { source, destinations } of Object.values(manifest.files ?? {})) {
      if (!Object.values(destinations).some(({ objectKey }) => objectKey === key)) continue;
      if (source.packaging !== 'zip' || source.path === undefined) {
        throw new TemplateError(
          `the asset ${key} must be a folder to be zipped, not ${source.packaging ?? 'made by a command'}`,
        );
      }
      return join(folder, source.path);
    }
  }
  throw new TemplateError(`the cloud assembly in ${folder} has no asset with the key ${key}`);
}
