import { describeFile, type MirroredFile } from './mirrored-files.ts';
import { runtimeTraits } from './runtimes.ts';

/** The app that makes a bill of materials. */
export interface SbomTool {
  readonly name: string;
  readonly version: string;
}

/** What one document states about itself. */
export interface SbomIdentity {
  readonly tool: SbomTool;
  /** A UUID. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * Lists the files that a configuration can bring to nodes, as CycloneDX 1.6 in JSON.
 *
 * Source: https://cyclonedx.org/docs/1.6/json/
 */
export function nodeSbom(files: readonly MirroredFile[], { tool, id, at }: SbomIdentity) {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX' as const,
    specVersion: '1.6' as const,
    serialNumber: `urn:uuid:${id}`,
    version: 1,
    metadata: {
      timestamp: at,
      lifecycles: [{ phase: 'operations' }],
      tools: { components: [{ type: 'application', name: tool.name, version: tool.version }] },
      component: { type: 'platform', 'bom-ref': 'nodes', name: 'sandboxed runtimes on nodes' },
    },
    components: files.map(componentOf),
    dependencies: [
      { ref: 'nodes', dependsOn: files.map(packageUrl) },
      ...files.map((file) => ({ ref: packageUrl(file) })),
    ],
  };
}

function componentOf(file: MirroredFile) {
  const { runtime, version, architecture, url, sha256, size } = file;
  const { title, upstream } = runtimeTraits[runtime];
  const hashes = [{ alg: 'SHA-256', content: sha256 }];
  const contains = 'contains' in upstream ? `; it contains ${upstream.contains}` : '';
  return {
    type: 'application',
    'bom-ref': packageUrl(file),
    supplier: { name: upstream.supplier, url: [upstream.homepage] },
    name: runtime,
    version,
    description: `${title}: upstream's build ${describeFile(file)}${contains}`,
    hashes,
    licenses: [{ license: { id: upstream.licence } }],
    purl: packageUrl(file),
    externalReferences: [
      { type: 'distribution', url, hashes },
      { type: 'website', url: upstream.homepage },
    ],
    properties: [
      { name: 'airlock:architecture', value: architecture },
      ...(size === undefined ? [] : [{ name: 'airlock:bytes', value: String(size) }]),
    ],
  };
}

/**
 * The package URL of a file: no registry has it, so its address and its checksum name it.
 *
 * Source: https://github.com/package-url/purl-spec, type `generic`
 */
export function packageUrl({ runtime, version, architecture, url, sha256 }: MirroredFile): string {
  const qualifiers = [`arch=${architecture}`, `checksum=sha256:${sha256}`, `download_url=${encodeURIComponent(url)}`];
  return `pkg:generic/${runtime}@${version}?${qualifiers.join('&')}`;
}
