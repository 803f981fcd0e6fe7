/** A TOML table. */
export type Table = { [key: string]: unknown };

/** Generations of containerd that treat configuration alike. */
export type Series = '1.7' | '2.0' | '2.3';

/** The rules that a containerd version follows. 2.0 to 2.2 are alike. */
export function seriesOf(version: string): Series {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === 1 && minor === 7) return '1.7';
  if (major === 2 && minor <= 2) return '2.0';
  if (major === 2 && minor === 3) return '2.3';
  throw new Error(`containerd ${version}: the simulated machine supports 1.7, 2.0 to 2.2 and 2.3`);
}

/** The newest configuration version that a daemon reads, in which it also prints. */
export const newestVersion: Readonly<Record<Series, number>> = { '1.7': 2, '2.0': 3, '2.3': 4 };

/** The plugin ids of the CRI settings. */
export const cri = {
  grpc: 'io.containerd.grpc.v1.cri',
  runtime: 'io.containerd.cri.v1.runtime',
  images: 'io.containerd.cri.v1.images',
} as const;

/** The plugin id under which 2.3 keeps its socket address; earlier daemons keep it in the table `grpc`. */
export const server = 'io.containerd.server.v1.grpc';

const grpc = { address: '/run/containerd/containerd.sock' };

/** The defaults of a handler's fields. */
export function handlerDefaults(): Table {
  return {
    base_runtime_spec: '',
    cni_conf_dir: '',
    cni_max_conf_num: 0,
    container_annotations: [],
    pod_annotations: [],
    privileged_without_host_devices: false,
    runtime_path: '',
    runtime_type: '',
    sandbox_mode: '',
    snapshotter: '',
  };
}

function runc(): Table {
  return {
    ...handlerDefaults(),
    runtime_type: 'io.containerd.runc.v2',
    sandbox_mode: 'podsandbox',
    options: { BinaryName: '', NoPivotRoot: false, Root: '', SystemdCgroup: false },
  };
}

/**
 * A daemon's configuration without a file, in its newest version. It contains only what is needed here: CRI and two
 * other plugins.
 */
export function defaults(series: Series): Table {
  const others = {
    'io.containerd.gc.v1.scheduler': { deletion_threshold: 0, mutation_threshold: 100, startup_delay: '100ms' },
    'io.containerd.runtime.v2.task': { platforms: ['linux/amd64'] },
  };
  const containerd = {
    default_runtime_name: 'runc',
    ignore_rdt_not_enabled_errors: false,
    runtimes: { runc: runc() },
  };
  const cni = { bin_dir: '/opt/cni/bin', conf_dir: '/etc/cni/net.d', max_conf_num: 1 };
  const top = { version: newestVersion[series], root: '/var/lib/containerd', state: '/run/containerd', oom_score: 0 };
  const lists = { disabled_plugins: [], required_plugins: [] };
  if (series === '1.7') {
    const section = {
      enable_selinux: false,
      enable_unprivileged_ports: false,
      sandbox_image: 'registry.k8s.io/pause:3.8',
      cni,
      containerd: { snapshotter: 'overlayfs', ...containerd },
      registry: { config_path: '' },
    };
    return { ...top, ...lists, grpc, imports: [], plugins: { [cri.grpc]: section, ...others } };
  }
  return {
    ...top,
    ...lists,
    ...(series === '2.0' ? { grpc } : {}),
    imports: [],
    plugins: {
      ...(series === '2.3' ? { [server]: grpc } : {}),
      [cri.images]: {
        snapshotter: 'overlayfs',
        max_concurrent_downloads: 3,
        pinned_images: { sandbox: 'registry.k8s.io/pause:3.10' },
        registry: { config_path: '' },
      },
      [cri.runtime]: { enable_selinux: false, enable_unprivileged_ports: true, cni, containerd },
      [cri.grpc]: { disable_tcp_service: true, stream_server_address: '127.0.0.1', stream_server_port: '0' },
      ...others,
    },
  };
}
