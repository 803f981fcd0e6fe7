import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { FailureRules } from '../../domain/function-settings.ts';
import { pack, unpack } from '../../domain/packed.ts';
import { bundleOptions } from '../../lib/bundle-options.ts';
import { applyEdit, type Edit } from './anchor.ts';

/** Rules for pools that differ from those of the sample airlock.yaml. */
export type PoolRules = Partial<FailureRules>;

/** One resource of the template, as far as mutations change it. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is changed here in all its shapes
  Properties: Record<string, any>;
}

/**
 * A copy of a cloud assembly that may be changed: its template, and the sources that its functions are bundled from.
 */
export class Copy {
  readonly folder: string;
  readonly template: { readonly Resources: Record<string, Resource>; readonly Outputs: Record<string, unknown> };
  readonly #file: string;

  /** @param original the folder of the cloud assembly; its assets are shared, not copied */
  constructor(original: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'airlock-mutant-'));
    for (const name of readdirSync(original)) {
      if (name.startsWith('asset.')) symlinkSync(join(original, name), join(this.folder, name));
      else cpSync(join(original, name), join(this.folder, name), { recursive: true });
    }
    this.#file = join(this.folder, 'Airlock.template.json');
    this.template = JSON.parse(readFileSync(this.#file, 'utf8'));
  }

  /**
   * The resource of a type whose logical id, without its hash, is this one, or otherwise begins like it. Throws if
   * there is none, or more than one.
   */
  resource(type: string, prefix: string): Resource {
    const all = this.all(type);
    const exact = all.filter(([id]) => id.replace(/[0-9A-F]{8}$/, '') === prefix);
    const found = exact.length > 0 ? exact : all.filter(([id]) => id.startsWith(prefix));
    const [[, only] = []] = found;
    if (only === undefined || found.length > 1)
      throw new Error(`${found.length} resources ${type} begin with ${prefix}`);
    return only;
  }

  /** Every resource of a type, with its logical id. */
  all(type: string): [string, Resource][] {
    return Object.entries(this.template.Resources).filter(([, resource]) => resource.Type === type);
  }

  /** Removes a resource from the template. */
  drop(type: string, prefix: string): void {
    const gone = this.resource(type, prefix);
    const [id] = this.all(type).find(([, one]) => one === gone) ?? [];
    delete this.template.Resources[id ?? ''];
    for (const resource of Object.values(this.template.Resources) as { DependsOn?: string[] }[]) {
      if (resource.DependsOn) resource.DependsOn = [resource.DependsOn].flat().filter((one) => one !== id);
    }
  }

  /** Replaces text in the strings of a property. Throws if it does not occur. */
  rewrite(resource: Resource, property: string, from: string | RegExp, to: string): void {
    let found = false;
    const walk = (value: unknown): unknown => {
      if (typeof value === 'string') {
        const changed = value.replace(from, () => to);
        found ||= changed !== value;
        return changed;
      }
      if (Array.isArray(value)) return value.map(walk);
      if (typeof value === 'object' && value !== null)
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]));
      return value;
    };
    resource.Properties[property] = walk(resource.Properties[property]);
    if (!found) throw new Error(`${property} does not hold ${from}`);
  }

  /**
   * Bundles a function again, with a change of one source file on the way.
   *
   * @param name the folder under `lambdas/`
   * @param edit the change; nothing is changed without one
   * @throws Error if the file is not part of the bundle, or the place is not in it
   */
  async rebundle(name: string, edit?: Edit): Promise<void> {
    const root = join(import.meta.dirname, '..', '..');
    let found = edit === undefined;
    const { outputFiles } = await build({
      ...bundleOptions,
      entryPoints: [join(root, 'lambdas', name, 'handler.ts')],
      plugins: [
        ...bundleOptions.plugins,
        {
          name: 'mutation',
          setup: ({ onLoad }) => {
            if (edit === undefined) return;
            onLoad({ filter: new RegExp(`${edit.file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
              found = true;
              return { contents: applyEdit(readFileSync(path, 'utf8'), edit), loader: 'ts' };
            });
          },
        },
      ],
    });
    if (!found) throw new Error(`${name} does not contain ${edit?.file}`);
    for (const [, { Properties }] of this.all('AWS::Lambda::Function')) {
      if (Properties['Environment']?.Variables?.POWERTOOLS_SERVICE_NAME !== name) continue;
      const folder = join(this.folder, `asset.${String(Properties['Code'].S3Key).replace('.zip', '')}`);
      rmSync(folder);
      mkdirSync(folder);
      writeFileSync(join(folder, 'index.js'), outputFiles[0]?.text ?? '');
    }
  }

  /** Gives the functions other rules for pools, as if airlock.yaml had them. */
  setRules({ breaker, ...pools }: PoolRules): void {
    const added = { RULES: { ...pools, ...(breaker === undefined ? {} : { breaker }) }, ADMISSIBLE: pools };
    for (const [, { Properties }] of this.all('AWS::Lambda::Function')) {
      const variables = Properties['Environment']?.Variables ?? {};
      for (const [name, rules] of Object.entries(added))
        if (name in variables) variables[name] = pack({ ...(unpack(variables[name]) as object), ...rules });
    }
  }

  /** Writes the template to its file. */
  write(): string {
    writeFileSync(this.#file, JSON.stringify(this.template));
    return this.folder;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
