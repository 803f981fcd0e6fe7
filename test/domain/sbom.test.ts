import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { appSbom } from '../../cli/sbom/sbom.ts';
import { listMirroredFiles } from '../../domain/mirrored-files.ts';
import { nodeSbom, packageUrl } from '../../domain/sbom.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { versionsOf } from '../../lib/config/versions.ts';
import { shipped } from '../ssm-documents/node.ts';

const files = listMirroredFiles(shipped, versionsOf(parseConfig('clusters: [{name: demo}]'), shipped));
const sbom = nodeSbom(files, {
  tool: { name: 'airlock', version: '0.1.0' },
  id: '3e671687-395b-41f5-a30f-a58921a69b79',
  at: '2026-11-28T12:00:00.000Z',
});
const faults = (version: Spec.Version, document: unknown) =>
  new Validation.JsonStrictValidator(version).validate(JSON.stringify(document));

describe('the bill of materials of nodes', () => {
  it('follows the schema of CycloneDX 1.6, which finds a mistake in it', async () => {
    expect(await faults(Spec.Version.v1dot6, sbom)).toBeNull();
    expect(await faults(Spec.Version.v1dot6, { ...sbom, serialNumber: 'urn:uuid:1' })).not.toBeNull();
    const [component] = sbom.components;
    expect(await faults(Spec.Version.v1dot6, { ...sbom, components: [{ ...component, licence: 'x' }] })).not.toBeNull();
  });

  it('has each file once, with the pinned hash and its source', () => {
    expect(sbom.components.map(({ hashes: [hash], externalReferences: [from] }) => [hash?.content, from?.url])).toEqual(
      files.map(({ sha256, url }) => [sha256, url]),
    );
    expect(new Set(sbom.components.map((one) => one['bom-ref'])).size).toBe(files.length);
    expect(sbom.dependencies[0]).toMatchObject({ dependsOn: sbom.components.map((one) => one['bom-ref']) });
  });

  it('states who made each file, its licence, and what else it contains', () => {
    for (const { supplier, licenses, description, name } of sbom.components) {
      expect([supplier.name, licenses]).not.toContain('');
      expect(description.includes('QEMU')).toBe(name === 'kata');
    }
  });

  it('names a file by a package URL that a client can resolve', () => {
    const [file] = files;
    if (file === undefined) throw new Error('the catalogue pins no file');
    const { pathname, searchParams } = new URL(packageUrl(file));
    expect(pathname).toBe('generic/gvisor@20260831.0');
    expect(Object.fromEntries(searchParams)).toEqual({
      arch: 'x86_64',
      checksum: `sha256:${file.sha256}`,
      download_url: file.url,
    });
  });
});

it('the bill of materials of Airlock follows the schema of the version that npm writes', async () => {
  const app = await appSbom();

  expect(await faults(app.specVersion as Spec.Version, app)).toBeNull();
  expect(app.metadata.component.name).toBe('airlock');
  const names = app.components.map(({ name }) => name);
  for (const used of ['valibot', 'aws-cdk-lib', '@aws-sdk/client-s3']) expect(names).toContain(used);
  expect(names).not.toContain('vitest');
});
