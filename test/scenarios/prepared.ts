import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { manifestOptions } from '../../lib/config/manifest-options.ts';
import { defaultConfig } from '../../lib/config/settings.ts';
import { type Simulation, startModelled } from '../../packages/lab/simulation.ts';
import { Copy } from '../mutations/assembly.ts';

/** The resource whose creation applies the manifests to a cluster. */
const applied = 'Custom::AirlockManifests';

/**
 * A copy of an assembly whose deployment applies no manifests: four fifths of what a simulation costs before its first
 * launch. Its functions, roles and rights are the same.
 */
export function withoutPreparation(assembly: string): Copy {
  const copy = new Copy(assembly);
  for (const [id] of copy.all(applied)) {
    copy.drop(applied, id);
    for (const [name, output] of Object.entries(copy.template.Outputs))
      if (JSON.stringify(output).includes(id)) delete copy.template.Outputs[name];
  }
  return copy;
}

const prepares = new Map<string, boolean>();

/** Whether the deployment of an assembly applies the manifests. */
function preparesClusters(assembly: string): boolean {
  const known = prepares.get(assembly);
  if (known !== undefined) return known;
  const found = readFileSync(join(assembly, 'Airlock.template.json'), 'utf8').includes(applied);
  prepares.set(assembly, found);
  return found;
}

/** Starts a simulation in whose clusters an administrator has applied the manifests, if the deployment does not. */
export function startPrepared(assembly: string, change: Parameters<typeof startModelled>[1] = {}): Promise<Simulation> {
  const manifests = preparesClusters(assembly) ? [] : renderManifests(manifestOptions(loadConfig(defaultConfig)));
  return startModelled(assembly, { manifests, ...change });
}
