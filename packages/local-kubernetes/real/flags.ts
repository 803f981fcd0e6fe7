/** Where the processes of a control plane listen, all on loopback, and if their files are. */
export interface ControlPlanePlan {
  readonly folder: string;
  readonly etcdPort: number;
  readonly peerPort: number;
  readonly apiPort: number;
}

/** The files that a kube-apiserver is started with, by what they hold. */
export function filesOf(folder: string) {
  return {
    certificate: `${folder}/api-server.crt`,
    key: `${folder}/api-server.key`,
    accountKey: `${folder}/service-account.key`,
    accountPublicKey: `${folder}/service-account.pub`,
    reviewer: `${folder}/reviewer.yaml`,
  } as const;
}

/** How etcd is started: alone, on loopback, with a folder that is thrown away. */
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
 * How kube-apiserver is started: with the authorizers and the admission plugins that EKS has, and with a webhook
 * that reviews tokens as the authenticator of EKS does. Its own defaults hold for the rest (ValidatingAdmissionPolicy, PodSecurity,
 * RuntimeClass, TaintNodesByCondition, ServiceAccount).
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
    // The default is v1beta1, which is gone from the server itself and which our reviewer does not answer.
    '--authentication-token-webhook-version=v1',
    // A verdict that is kept would let a token live longer than its test.
    '--authentication-token-webhook-cache-ttl=0s',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.accountPublicKey}`,
    `--service-account-signing-key-file=${files.accountKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // A loopback address is refused as an end point of the service `kubernetes`, and nothing here asks for one.
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    '--profiling=false',
  ];
}
