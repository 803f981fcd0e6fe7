import { existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigurationError, effective, type Files } from './configuration.ts';
import { cri, defaults, type Series, seriesOf, server, type Table } from './defaults.ts';
import { print } from './print.ts';
import { tableAt } from './tables.ts';

/**
 * The file system in a tree. Paths in configuration files are the node's; paths on the command line may be the tree's.
 */
export function filesIn(tree: string): Files {
  const inTree = (path: string) => (path.startsWith(`${tree}/`) ? path : tree + path);
  return {
    read: (path) => {
      const full = inTree(path);
      return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
    },
    match: (pattern) =>
      globSync(inTree(pattern))
        .map((path) => path.slice(pattern.startsWith(tree) ? 0 : tree.length))
        .sort(),
  };
}

/** What the running daemon has loaded. */
export interface Running {
  readonly handlers: readonly string[];
  readonly cri: Status;
}

type Status = 'ok' | 'error' | 'skip';

/** The daemon's default configuration file. */
const usualConfig = '/etc/containerd/config.toml';

/**
 * Starts the daemon: reads the configuration and records what it loaded, for the other stand-ins and for the kubelet.
 *
 * @param tree the directory tree of the machine
 * @throws ConfigurationError if the daemon would not start
 */
export function start(tree: string, version: string, config: string, broken: 'none' | 'daemon' | 'cri'): Running {
  const series = seriesOf(version);
  const machine = `${tree}/.machine`;
  rmSync(`${machine}/running.json`, { force: true });
  const loaded = effective(series, config, filesIn(tree), 'daemon');
  const handlers = Object.keys(tableAt(containerdTable(series, loaded), 'runtimes'));
  const ours = handlers.some((name) => /^(runsc$|kata-|sysbox-)/.test(name));
  if (broken === 'daemon' && ours)
    throw new ConfigurationError('planted fault: this daemon does not start with such a handler');
  const status = broken === 'cri' && ours ? 'error' : criOf(series, loaded).status;
  writeFileSync(`${machine}/plugins`, plugins(series, status));
  const running: Running = { handlers, cri: status };
  writeFileSync(`${machine}/running.json`, JSON.stringify(running));
  const address = series === '2.3' ? tableAt(loaded, 'plugins', server)['address'] : tableAt(loaded, 'grpc')['address'];
  appear(tree, config, String(address));
  return running;
}

/** Makes the daemon visible to the rest of the node: as a process, and as a socket of the same age. */
function appear(tree: string, config: string, address: string): void {
  const pid = readFileSync(`${tree}/.machine/pid`, 'utf8').trim();
  const process = `${tree}/proc/${pid}`;
  for (const old of globSync(`${tree}/proc/*/exe`)) {
    if (old !== `${process}/exe` && /^\/usr\/bin\/containerd\0/.test(readFileSync(`${dirname(old)}/cmdline`, 'utf8'))) {
      rmSync(dirname(old), { recursive: true });
    }
  }
  rmSync(process, { recursive: true, force: true });
  mkdirSync(process, { recursive: true });
  const words = ['/usr/bin/containerd', ...(config === usualConfig ? [] : ['--config', config])];
  writeFileSync(`${process}/cmdline`, words.map((word) => `${word}\0`).join(''));
  symlinkSync(`${tree}/usr/bin/containerd`, `${process}/exe`);
  rmSync(tree + address, { force: true });
  mkdirSync(dirname(tree + address), { recursive: true });
  writeFileSync(tree + address, '');
  writeFileSync(`${tree}/.machine/socket`, address);
}

/** The output of `ctr plugins ls`. */
function plugins(series: Series, status: Status): string {
  const rows = ['TYPE ID PLATFORMS STATUS', 'io.containerd.snapshotter.v1 overlayfs linux/amd64 ok'];
  if (series !== '1.7') {
    rows.push(`io.containerd.cri.v1 images - ${status}`, `io.containerd.cri.v1 runtime linux/amd64 ${status}`);
  }
  rows.push(`io.containerd.grpc.v1 cri linux/amd64 ${status}`);
  const columns = (row: string) => row.split(' ').map((word) => word.padEnd(30));
  return rows.map((row) => `${columns(row).join('').trimEnd()}\n`).join('');
}

const containerdTable = (series: Series, loaded: Table) =>
  tableAt(loaded, 'plugins', series === '1.7' ? cri.grpc : cri.runtime, 'containerd');

/** Whether a daemon's CRI plugins start. Without them the daemon itself keeps running. */
function criOf(series: Series, loaded: Table): { readonly status: Status; readonly reason?: string } {
  const disabled = loaded['disabled_plugins'];
  if (Array.isArray(disabled) && disabled.some((id) => id === 'cri' || id === cri.grpc)) return { status: 'skip' };
  const containerd = containerdTable(series, loaded);
  const name = String(containerd['default_runtime_name']);
  if (tableAt(containerd, 'runtimes')[name] === undefined) {
    return {
      status: 'error',
      reason: `no corresponding runtime configured in \`containerd.runtimes\` for \`containerd\` \`default_runtime_name = "${name}"`,
    };
  }
  const registry = tableAt(loaded, 'plugins', series === '1.7' ? cri.grpc : cri.images, 'registry');
  if (registry['config_path'] !== '' && registry['mirrors'] !== undefined) {
    return { status: 'error', reason: '`mirrors` cannot be set when `config_path` is provided' };
  }
  return { status: 'ok' };
}

/** What a call of the stand-in printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The output of a daemon in its own namespaces that starts with a candidate in place of the file (none: without a
 * file).
 */
function rehearse(tree: string, version: string, config: string, candidate: string): Printed {
  const series = seriesOf(version);
  const files = filesIn(tree);
  const read = (path: string) => (path === config ? files.read(candidate) : files.read(path));
  try {
    const { status, reason } = criOf(series, effective(series, config, { ...files, read }, 'daemon'));
    const warning = reason === undefined ? '' : `level=warning msg="failed to load plugin" error="${reason}"\n`;
    return { stdout: plugins(series, status), stderr: warning };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { stdout: 'unread\n', stderr: `containerd: ${error.message}\n` };
  }
}

/**
 * Runs the stand-in's command line.
 *
 * @param words containerd's own arguments, `rehearse CONFIG CANDIDATE` or `start CONFIG BROKEN`
 * @throws ConfigurationError if containerd would exit with an error
 */
export function run(tree: string, version: string, words: readonly string[]): Printed {
  const series = seriesOf(version);
  let config = usualConfig;
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '-c' || word === '--config') config = words[++i] ?? config;
    else rest.push(word);
  }
  const shown = (table: Table): Printed => ({ stdout: print(series, table), stderr: '' });
  const command = rest.join(' ');
  if (command === 'config dump') return shown(effective(series, config, filesIn(tree), 'dump'));
  if (command === 'config default') {
    const imports = series === '2.3' || version.startsWith('2.2') ? ['/etc/containerd/conf.d/*.toml'] : [];
    return shown({ ...defaults(series), imports });
  }
  if (rest[0] === 'rehearse') return rehearse(tree, version, rest[1] ?? config, rest[2] ?? '');
  if (rest[0] === 'start') {
    const { cri: status } = start(tree, version, rest[1] ?? config, (rest[2] ?? 'none') as 'none' | 'daemon' | 'cri');
    const line = 'level=warning msg="failed to load plugin" error="planted fault" id=io.containerd.grpc.v1.cri\n';
    return { stdout: '', stderr: status === 'error' ? line : '' };
  }
  throw new ConfigurationError(`the stand-in for containerd does not know: ${command}`);
}
