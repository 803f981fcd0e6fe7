import type { Diagnosis, Finding, FindingCode } from '../findings.ts';
import { isOlder } from '../versions.ts';
import type { StandardCluster } from './standard.ts';

/** What EKS says about a cluster. */
export interface EksCluster {
  readonly version: string;
  readonly authenticationMode: string;
  readonly publicAccess: boolean;
  readonly publicAccessCidrs: readonly string[];
  readonly privateAccess: boolean;
}

/** The codes that a look at EKS can find. */
export const eksCodes: readonly FindingCode[] = ['AL0031', 'AL0032', 'AL0033', 'AL0034'];

/**
 * The first Kubernetes with ValidatingAdmissionPolicy in version 1. Source: Kubernetes, "Validating Admission Policy".
 */
const firstVersion = '1.30';

/** @param found undefined if EKS does not know the cluster */
export function checkEksCluster(
  { name, private: isPrivate }: StandardCluster,
  found: EksCluster | undefined,
): Diagnosis {
  const resource = `cluster ${name}`;
  const values = { cluster: name };
  const finding = (code: FindingCode, field: string, seen: string): Finding => ({
    code,
    resource,
    field,
    seen,
    values,
  });
  if (found === undefined)
    return { checked: [resource], findings: [finding('AL0034', 'name', 'EKS has no cluster with it')], notChecked: [] };
  const findings: Finding[] = [];
  const { version, authenticationMode, publicAccess, publicAccessCidrs, privateAccess } = found;
  const isOpen = publicAccess && (publicAccessCidrs.length === 0 || publicAccessCidrs.includes('0.0.0.0/0'));
  if (!isPrivate && !isOpen) {
    const seen = publicAccess ? `is open to ${publicAccessCidrs.join(', ')} only` : 'is off';
    findings.push(finding('AL0031', 'resourcesVpcConfig.endpointPublicAccess', seen));
  }
  if (isPrivate && !privateAccess)
    findings.push(
      finding('AL0031', 'resourcesVpcConfig.endpointPrivateAccess', 'is off, and airlock.yaml has private: true'),
    );
  if (authenticationMode === 'CONFIG_MAP')
    findings.push(finding('AL0032', 'accessConfig.authenticationMode', 'is CONFIG_MAP'));
  if (isOlder(version, firstVersion)) findings.push(finding('AL0033', 'version', `is ${version}`));
  return { checked: [resource], findings, notChecked: [] };
}
