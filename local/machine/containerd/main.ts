import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ConfigurationError, effective, type Files } from './configuration.ts';
import { cri, defaults, seriesOf, type Table } from './defaults.ts';
import { print } from './print.ts';
import { tableAt } from './tables.ts';

/** The file system under a tree: paths in configuration files are the node's, paths on the command line may be the tree's. */
export function filesIn(tree: string): Files {
  const inTree = (path: string) => (path.startsWith(`${tree}/`) ? path : tree + path);
  return {
    read: (path) => {
      const full = inTree(path);
      return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
    },
    match: (pattern) => globSync(inTree(pattern)).sort(),
  };
}

/** What the daemon that runs has loaded. */
export interface Running {
  readonly handlers: readonly string[];
  readonly cri: 'ok' | 'error' | 'skip';
}

/**
 * Starts the daemon: reads the configuration and writes down what it loaded, for the other stand-ins and for the kubelet.
 *
 * @param tree the directory tree of the machine
 * @throws ConfigurationError where the daemon would not start
 */
export function start(tree: string, version: string, config: string, broken: 'none' | 'daemon' | 'cri'): Running {
  const series = seriesOf(version);
  const machine = `${tree}/.machine`;
  rmSync(`${machine}/running.json`, { force: true });
  const loaded = effective(series, config, filesIn(tree), 'daemon');
  const containerd = tableAt(loaded, 'plugins', series === '1.7' ? cri.grpc : cri.runtime, 'containerd');
  const handlers = Object.keys(tableAt(containerd, 'runtimes'));
  const ours = handlers.some((name) => /^(runsc$|kata-|sysbox-)/.test(name));
  if (broken === 'daemon' && ours)
    throw new ConfigurationError('planted fault: this daemon does not start with such a handler');
  const status = criStatus(loaded, containerd, handlers, broken === 'cri' && ours);
  const rows = ['TYPE ID PLATFORMS STATUS', 'io.containerd.snapshotter.v1 overlayfs linux/amd64 ok'];
  if (series !== '1.7') {
    rows.push(`io.containerd.cri.v1 images - ${status}`, `io.containerd.cri.v1 runtime linux/amd64 ${status}`);
  }
  rows.push(`io.containerd.grpc.v1 cri linux/amd64 ${status}`);
  writeFileSync(
    `${machine}/plugins`,
    `${rows
      .map((row) =>
        row
          .split(' ')
          .map((word) => word.padEnd(30))
          .join('')
          .trimEnd(),
      )
      .join('\n')}\n`,
  );
  const running: Running = { handlers, cri: status };
  writeFileSync(`${machine}/running.json`, JSON.stringify(running));
  return running;
}

function criStatus(loaded: Table, containerd: Table, handlers: readonly string[], broken: boolean): Running['cri'] {
  const disabled = loaded['disabled_plugins'];
  if (Array.isArray(disabled) && disabled.some((id) => id === 'cri' || id === cri.grpc)) return 'skip';
  // The daemon itself stays up with a default that names nothing; only its CRI plugins do not.
  return broken || !handlers.includes(String(containerd['default_runtime_name'])) ? 'error' : 'ok';
}

/** The command line of the stand-in: `main.ts TREE VERSION containerd's own arguments`, or `… start CONFIG BROKEN`. */
function main([tree = '', version = '', ...words]: readonly string[]): void {
  const series = seriesOf(version);
  let config = '/etc/containerd/config.toml';
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '-c' || word === '--config') config = words[++i] ?? config;
    else rest.push(word);
  }
  const command = rest.join(' ');
  if (command === 'config dump') process.stdout.write(print(series, effective(series, config, filesIn(tree), 'dump')));
  else if (command === 'config default') {
    const imports = series === '2.3' || version.startsWith('2.2') ? ['/etc/containerd/conf.d/*.toml'] : [];
    process.stdout.write(print(series, { ...defaults(series), imports }));
  } else if (rest[0] === 'start')
    start(tree, version, rest[1] ?? config, (rest[2] ?? 'none') as 'none' | 'daemon' | 'cri');
  else throw new ConfigurationError(`the stand-in for containerd does not know: ${command}`);
}

if (import.meta.main) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`containerd: ${error.message}\n`);
    process.exitCode = 1;
  }
}
