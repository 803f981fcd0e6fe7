import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { provenLabel } from '../../domain/kubernetes.ts';
import { runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { unknownFields } from './schema.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'pods');

const SpecSchema = v.looseObject({
  runtimeClassName: v.string(),
  nodeSelector: v.record(v.string(), v.string()),
  hostUsers: v.optional(v.boolean()),
  containers: v.array(
    v.looseObject({
      image: v.string(),
      securityContext: v.optional(v.looseObject({ privileged: v.optional(v.boolean()) }), {}),
      volumeMounts: v.optional(v.array(v.looseObject({ name: v.string() })), []),
    }),
  ),
  volumes: v.optional(v.array(v.looseObject({ name: v.string() })), []),
});
const ManifestSchema = v.looseObject({
  kind: v.string(),
  metadata: v.object({ name: v.string() }),
  spec: v.optional(v.looseObject({ template: v.optional(v.looseObject({ spec: SpecSchema })) })),
});

function read(file: string) {
  return parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
    expect(document.errors, file).toEqual([]);
    expect(document.warnings, file).toEqual([]);
    return document.toJS() as unknown;
  });
}

/** The specs of the pods that a file creates, whatever the kind of object. */
function podsOf(file: string) {
  return read(file).flatMap((document) => {
    const { kind, spec } = v.parse(ManifestSchema, document);
    if (kind === 'Pod') return [v.parse(SpecSchema, spec)];
    return spec?.template === undefined ? [] : [spec.template.spec];
  });
}

const files = readdirSync(folder);

describe.each(files)('%s', (file) => {
  it('is valid for the API', () => {
    for (const document of read(file)) {
      expect(unknownFields(`V1${v.parse(ManifestSchema, document).kind}`, document)).toEqual([]);
    }
  });

  it('requests a RuntimeClass and a label that Airlock provides, tolerates no gate and has no privilege', () => {
    for (const spec of podsOf(file)) {
      const runtime = runtimes.find((name) => runtimeTraits[name].runtimeClass === spec.runtimeClassName);
      expect(spec.nodeSelector).toEqual({ [provenLabel]: runtime });
      for (const field of ['tolerations', 'hostNetwork', 'hostPID', 'hostIPC']) expect(spec).not.toHaveProperty(field);
      for (const { securityContext } of spec.containers) expect(securityContext.privileged).not.toBe(true);
      // containerd gives a Sysbox container its user namespace only if the pod asks for one.
      expect(spec.hostUsers).toBe(runtime === 'sysbox' ? false : undefined);
    }
  });

  it('mounts the volumes that it has, and only those', () => {
    for (const { containers, volumes } of podsOf(file)) {
      const mounted = containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
      expect([...new Set(mounted)].sort()).toEqual(volumes.map(({ name }) => name).sort());
      for (const volume of volumes) expect(volume).not.toHaveProperty('hostPath');
    }
  });
});

it('there is an example for each runtime', () => {
  const classes = new Set(files.flatMap(podsOf).map(({ runtimeClassName }) => runtimeClassName));
  expect([...classes].sort()).toEqual(runtimes.map((runtime) => runtimeTraits[runtime].runtimeClass).sort());
});

it('objects that the pod with volumes names are created beside it', () => {
  const documents = read('volumes.yaml').map((document) => v.parse(ManifestSchema, document));
  const made = documents.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

  expect(made).toEqual(expect.arrayContaining(['PersistentVolumeClaim data', 'ConfigMap settings']));
  const [pod] = podsOf('volumes.yaml');
  expect(pod?.volumes).toMatchObject([
    { persistentVolumeClaim: { claimName: 'data' } },
    {},
    { configMap: { name: 'settings' } },
  ]);
});
