/**
 * Configuration files from the field, by name: path on the node and text. The machine creates `default` and `none`
 * itself.
 */
export const configurations = {
  /** Written by the bootstrap of Ubuntu's EKS images. */
  'eks-v2': `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "/run/containerd/containerd.sock"

[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"
discard_unpacked_layers = true

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/pause:3.10"

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/containerd/certs.d:/etc/docker/certs.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/opt/cni/bin"
conf_dir = "/etc/cni/net.d"
`,
  v3: `version = 3

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/pause:3.10"

[plugins.'io.containerd.cri.v1.images'.registry]
config_path = "/etc/containerd/certs.d"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = true
`,
  v4: `version = 4

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "registry.k8s.io/pause:3.10"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = true
`,
  /** The last line has no newline. */
  'no-newline': `version = 2

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true`,
  /** A glob that matches one file of the same version, and one that matches nothing. */
  imports: `version = 2
imports = [
  "/etc/containerd/conf.d/*.toml", # the fleet's own
  "/run/containerd/conf.d/*.toml",
]

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
`,
  /** The running daemon read it before the file disappeared; the next start would fail. */
  'missing-import': `version = 2
imports = ["/etc/containerd/fleet.toml"]

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
`,
  /** From Docker's containerd package: CRI is off. */
  docker: `disabled_plugins = ["cri"]
`,
  'no-version': `[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = true
`,
  /** A handler with Airlock's name that another tool wrote, running plain runc. */
  foreign: `version = 2

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]
runtime_type = "io.containerd.runc.v2"
`,
  /** On 1.7 a handler in this file would remove runc. */
  'no-runc': `version = 2

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.9"
`,
  broken: `version = 2
[plugins."io.containerd.grpc.v1.cri"
sandbox_image = "registry.k8s.io/pause:3.9"
`,
} as const;

/** A configuration's name. */
export type ConfigurationName = keyof typeof configurations | 'default' | 'none' | 'elsewhere';

/** Files beside the root file that some configurations need. */
export const companions: Partial<Record<ConfigurationName, Readonly<Record<string, string>>>> = {
  imports: {
    '/etc/containerd/conf.d/metrics.toml': 'version = 2\n[metrics]\naddress = "127.0.0.1:1338"\n',
  },
  'missing-import': { '/etc/containerd/fleet.toml': 'version = 2\noom_score = -999\n' },
};
