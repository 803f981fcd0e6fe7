/** Where a control plane's processes listen, all on loopback, and where their files are. */
export interface ControlPlanePlan {
  readonly folder: string;
  readonly etcdPort: number;
  readonly peerPort: number;
  readonly apiPort: number;
}

/** The files that a kube-apiserver starts with, by content. */
export function filesOf(folder: string) {
  return {
    certificate: `${folder}/api-server.crt`,
    key: `${folder}/api-server.key`,
    accountKey: `${folder}/service-account.key`,
    accountPublicKey: `${folder}/service-account.pub`,
    reviewer: `${folder}/reviewer.yaml`,
  } as const;
}

/** etcd's flags: a single member on loopback, with a temporary folder. */
export function etcdFlags({ folder, etcdPort, peerPort }: ControlPlanePlan): string[] {
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

/**
 * kube-apiserver's flags: the authorizers and admission plugins of EKS, and a webhook that reviews tokens like EKS's
 * authenticator. The server's defaults apply to the rest (ValidatingAdmissionPolicy, PodSecurity, RuntimeClass,
 * TaintNodesByCondition, ServiceAccount).
 */
export function apiServerFlags({ folder, etcdPort, apiPort }: ControlPlanePlan): string[] {
  const files = filesOf(folder);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${files.certificate}`,
    `--tls-private-key-file=${files.key}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--authentication-token-webhook-config-file=${files.reviewer}`,
    // The default is v1beta1, which the server itself no longer has and the reviewer does not answer.
    '--authentication-token-webhook-version=v1',
    // A cached result would let a token outlive its test.
    '--authentication-token-webhook-cache-ttl=0s',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.accountPublicKey}`,
    `--service-account-signing-key-file=${files.accountKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // The server rejects a loopback address as an endpoint of the service `kubernetes`, and nothing here reads one.
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    '--profiling=false',
  ];
}
