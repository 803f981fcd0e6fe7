import type { Diagnosis, Finding } from '../findings.ts';
import type { FoundObject } from './templates/karpenter.ts';
import { at, textAt } from './templates/read.ts';

/**
 * The fields of an EC2NodeClass and of a NodePool's template that Karpenter leaves out of the hash by which it
 * recognizes drift. It watches some of them in another way, which depends on what they select. Sources: Karpenter,
 * pkg/apis/v1/ec2nodeclass.go and pkg/apis/v1/nodepool.go, fields tagged `hash:"ignore"`.
 */
const ignored: Readonly<Record<string, readonly string[]>> = {
  EC2NodeClass: [
    'subnetSelectorTerms',
    'securityGroupSelectorTerms',
    'capacityReservationSelectorTerms',
    'amiSelectorTerms',
    'amiFamily',
    'ipPrefixCount',
  ],
  NodePool: ['requirements', 'resources'],
};

/** Values that the API server fills in if a file leaves the field out. */
const serverDefaults: Readonly<Record<string, unknown>> = {
  metadataOptions: {
    httpEndpoint: 'enabled',
    httpProtocolIPv6: 'disabled',
    httpPutResponseHopLimit: 1,
    httpTokens: 'required',
  },
  expireAfter: '720h',
};

/**
 * Finds objects of Karpenter in files that would make it replace nodes once they are applied.
 *
 * @param live the same kinds of objects in the cluster
 */
export function checkDrift(files: readonly FoundObject[], live: readonly FoundObject[]): Diagnosis {
  const findings: Finding[] = [];
  const checked: string[] = [];
  for (const { object, source } of files) {
    const kind = textAt(object, 'kind') ?? '';
    const name = textAt(object, 'metadata', 'name');
    const other = live.find(
      (one) => textAt(one.object, 'metadata', 'name') === name && kindOf(one.object) === kindOf(object),
    );
    if (other === undefined) continue;
    const resource = `${kind} ${name} in ${source}`;
    checked.push(resource);
    const fields = changedFields(kind, hashedOf(kind, object), hashedOf(kind, other.object));
    if (fields.length === 0) continue;
    const seen = `is not as in ${other.source}`;
    findings.push({ code: 'AL0020', resource, field: fields.join(', '), seen });
  }
  return { checked, findings, notChecked: [] };
}

/** The items of a list have no kind: only a node class has an image. */
function kindOf(object: unknown): string {
  return textAt(object, 'kind') ?? (at(object, 'spec', 'amiSelectorTerms') === undefined ? 'NodePool' : 'EC2NodeClass');
}

/** What Karpenter hashes: a node class's spec, or the labels, annotations and spec of a pool's template. */
function hashedOf(kind: string, object: unknown): Readonly<Record<string, unknown>> {
  if (kind === 'EC2NodeClass') return Object(at(object, 'spec'));
  const { labels, annotations } = Object(at(object, 'spec', 'template', 'metadata'));
  return { labels, annotations, ...Object(at(object, 'spec', 'template', 'spec')) };
}

function changedFields(
  kind: string,
  file: Readonly<Record<string, unknown>>,
  live: Readonly<Record<string, unknown>>,
): readonly string[] {
  const place = kind === 'EC2NodeClass' ? 'spec' : 'spec.template';
  const names = [...new Set([...Object.keys(file), ...Object.keys(live)])];
  const hashed = names.filter((name) => ignored[kind]?.includes(name) !== true);
  const isSame = (name: string) => canonical(completed(name, file[name])) === canonical(completed(name, live[name]));
  return hashed.filter((name) => !isSame(name)).map((name) => `${place}.${name}`);
}

function completed(name: string, value: unknown): unknown {
  const usual = serverDefaults[name];
  if (typeof usual !== 'object') return value ?? usual;
  return { ...usual, ...Object(value) };
}

/** JSON with the keys in order. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, one: unknown) =>
      typeof one === 'object' && one !== null && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).toSorted(([first], [second]) => (first < second ? -1 : 1)))
        : one,
    ) ?? ''
  );
}
