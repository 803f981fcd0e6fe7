import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { gatekeepers, poolLabel } from '../../domain/kubernetes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestsAsYaml } from '../../kubernetes/yaml.ts';

const manifests = renderManifests({ runtimes: ['gvisor'] });

it('the YAML stream holds the objects in the order in which they are applied', () => {
  const parsed = parseAllDocuments(manifestsAsYaml(manifests)).map((document) => document.toJS());

  expect(parsed).toEqual(manifests);
  expect(parsed.map(({ kind }) => kind)).toEqual([
    'Namespace',
    'ResourceQuota',
    ...Array(4).fill(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']).flat(),
    'ClusterRole',
    'ClusterRoleBinding',
    'Role',
    'RoleBinding',
    'Role',
    'RoleBinding',
    'RuntimeClass',
  ]);
});

it('a RuntimeClass selects the label of the pool and tolerates nothing: only the gate decides', () => {
  const runtimeClass = manifests.find(({ kind }) => kind === 'RuntimeClass');

  expect(runtimeClass).toMatchObject({
    metadata: { name: 'gvisor' },
    handler: 'runsc',
    scheduling: { nodeSelector: { [poolLabel]: 'gvisor' } },
  });
  expect(runtimeClass).not.toHaveProperty('scheduling.tolerations');
});

it('a pod in Kata is charged for its virtual machine', () => {
  const [kata] = renderManifests({ runtimes: ['kata'] }).slice(-1);

  expect(kata).toMatchObject({ metadata: { name: 'kata-qemu' }, overhead: { podFixed: { memory: '320Mi' } } });
});

it('the status of a Node may be written only if node-readiness-controller owns the gate', () => {
  const rulesWith = (gate: string) =>
    JSON.stringify(renderManifests({ runtimes: [], gate }).find(({ kind }) => kind === 'ClusterRole'));

  expect(rulesWith('readiness.k8s.io/airlock')).toContain('nodes/status');
  expect(rulesWith('airlock.dev/bootstrap')).not.toContain('nodes/status');
});

it('every binding is only to the group of the access entry', () => {
  const bindings = manifests.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding');

  expect(bindings).toHaveLength(3);
  for (const binding of bindings) {
    expect(binding).toMatchObject({ subjects: [{ kind: 'Group', name: gatekeepers }] });
  }
});
