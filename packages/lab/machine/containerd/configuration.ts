import { parse, TomlError } from 'smol-toml';
import { cri, defaults, handlerDefaults, newestVersion, type Series, server, type Table } from './defaults.ts';
import { isTable, merge, tableAt, without } from './tables.ts';

/** The file system as the daemon sees it. */
export interface Files {
  /** The text of a file, or `undefined` if there is none. */
  read(path: string): string | undefined;
  /** The paths that match a pattern. */
  match(pattern: string): readonly string[];
}

/** A configuration that keeps the daemon from starting, or that it cannot read. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** The reader of a configuration: `config dump` ignores an import of a missing file, the daemon does not. */
type Reader = 'dump' | 'daemon';

/**
 * containerd's effective configuration: files read, imports merged, older versions migrated, defaults filled in. The
 * rules of
 * 1.7, 2.0 to 2.2 and 2.3 differ. They were observed on the real daemons.
 *
 * @param path the root file; if it does not exist, the defaults apply
 * @throws ConfigurationError like the daemon
 */
export function effective(series: Series, path: string, files: Files, reader: Reader): Table {
  const text = files.read(path);
  if (text === undefined) return defaults(series);
  const { loaded, imports, missing } = load(series, path, files);
  if (missing !== undefined && reader === 'daemon') {
    const prefix = series === '1.7' ? `failed to load TOML: ${missing}: ` : '';
    throw new ConfigurationError(`${prefix}open ${missing}: no such file or directory`);
  }
  const [root = {}, ...imported] = loaded.values();
  const settings = series === '1.7' ? mergeOld(root, imported) : mergeNew(series, root, imported);
  const config = fill(series, settings);
  // 1.7 lists the files that it loaded, 2.x the entries in the files. On 1.7, so does a dump that broke off.
  config['imports'] = series === '1.7' && missing === undefined ? [...loaded.keys()] : imports;
  return config;
}

/**
 * Reads the root file and its imports, recursively, until a file is missing, which ends both the daemon and the dump.
 */
function load(series: Series, path: string, files: Files) {
  const loaded = new Map<string, Table>();
  const imports: string[] = [];
  const pending = [path];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (loaded.has(next)) continue;
    const text = files.read(next);
    if (text === undefined) return { loaded, imports, missing: next };
    const table = read(next, text, series);
    loaded.set(next, table);
    for (const entry of list(table['imports'])) if (!imports.includes(entry)) imports.push(entry);
    pending.push(...importsOf(table, next, files));
  }
  return { loaded, imports, missing: undefined };
}

function read(path: string, text: string, series: Series): Table {
  let table: Table;
  try {
    table = parse(text) as Table;
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new ConfigurationError(`failed to load TOML: ${path}: ${cause.message.split('\n')[0]}`, { cause });
  }
  const version = table['version'];
  if (version !== undefined && typeof version !== 'number') {
    throw new ConfigurationError(`failed to unmarshal TOML: ${path}: version is not an integer`);
  }
  const newest = newestVersion[series];
  if (version !== undefined && version > newest) {
    throw new ConfigurationError(
      `expected containerd config version equal to or less than \`${newest}\`, got \`${version}\``,
    );
  }
  return table;
}

/** A relative path is relative to the file that contains it, and only a path with an asterisk is a pattern. */
function importsOf(table: Table, path: string, files: Files): string[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return list(table['imports']).flatMap((entry) => {
    const full = entry.startsWith('/') ? entry : `${folder}/${entry}`;
    return full.includes('*') ? files.match(full) : [full];
  });
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/**
 * 1.7: a file that sets anything for a plugin replaces the plugin's whole section; a root file without a version is
 * version 1 and ignores ids.
 */
function mergeOld(root: Table, imported: readonly Table[]): Table {
  let merged: Table = root['version'] === undefined ? { ...root, plugins: {} } : root;
  for (const file of imported) {
    merged = {
      ...merge(without(merged, 'plugins'), without(file, 'plugins', 'version', 'imports')),
      plugins: { ...tableAt(merged, 'plugins'), ...tableAt(file, 'plugins') },
      disabled_plugins: [...list(merged['disabled_plugins']), ...list(file['disabled_plugins'])],
    };
  }
  return merged;
}

function mergeNew(series: Series, root: Table, imported: readonly Table[]): Table {
  const rootVersion = versionOf(root);
  let merged = migrate(series, root, rootVersion);
  for (const file of imported) {
    const version = file['version'] === undefined ? undefined : versionOf(file);
    if (series === '2.3') {
      if (version !== undefined && version > rootVersion) {
        throw new ConfigurationError(
          `drop-in config version ${version} higher than root config version ${rootVersion}`,
        );
      }
      merged = merge(merged, without(migrate(series, file, version ?? rootVersion), 'version', 'imports'));
      continue;
    }
    // 2.0 to 2.2 merge before they migrate, so sections under another version's ids are lost silently.
    if (version === rootVersion || (version === undefined && rootVersion > 2)) {
      merged = merge(merged, without(migrate(series, file, rootVersion), 'version', 'imports'));
    } else if (rootVersion === 2) {
      merged = merge({ ...merged, plugins: {} }, without(migrate(series, file, 3), 'version', 'imports'));
    }
  }
  return merged;
}

function versionOf(table: Table): number {
  return typeof table['version'] === 'number' ? table['version'] : 3;
}

/** Moves the CRI settings of version 2 to the ids of version 3. */
function migrate(series: Series, file: Table, version: number): Table {
  const plugins = tableAt(file, 'plugins');
  const old = tableAt(plugins, cri.grpc);
  // In a version 3 file, 2.0 to 2.2 ignore settings under the old id; 2.3 migrates them too.
  if (version > 2 && series === '2.0') return { ...file, plugins: without(plugins, cri.grpc) };
  const containerd = tableAt(old, 'containerd');
  const runtime = {
    ...pick(
      old,
      'cni',
      'enable_selinux',
      'enable_unprivileged_ports',
      'enable_unprivileged_icmp',
      'device_ownership_from_security_context',
    ),
    ...(old['containerd'] === undefined
      ? {}
      : { containerd: without(containerd, 'snapshotter', 'discard_unpacked_layers') }),
  };
  const images = {
    ...pick(old, 'registry', 'max_concurrent_downloads', 'image_decryption'),
    ...pick(containerd, 'snapshotter', 'discard_unpacked_layers'),
    ...(old['sandbox_image'] === undefined ? {} : { pinned_images: { sandbox: old['sandbox_image'] } }),
  };
  const migrated: Table = { [cri.runtime]: runtime, [cri.images]: images };
  return { ...file, plugins: merge(migrated, without(plugins, cri.grpc)) };
}

function pick(table: Table, ...keys: readonly string[]): Table {
  return Object.fromEntries(Object.entries(table).filter(([key]) => keys.includes(key)));
}

/** Applies the settings over the defaults, like decoding into the daemon's own structures. */
function fill(series: Series, settings: Table): Table {
  const base = defaults(series);
  const plugins: Table = {};
  const given = tableAt(settings, 'plugins');
  for (const [id, section] of Object.entries(tableAt(base, 'plugins'))) {
    if (given[id] !== undefined && !isTable(given[id])) throw new ConfigurationError(`plugins.${id} is not a table`);
    plugins[id] = id.includes('cri')
      ? fillCri(series, section as Table, tableAt(given, id))
      : merge(section as Table, tableAt(given, id));
  }
  // 1.7 prints unknown keys; 2.x drops them.
  if (series === '1.7') for (const [id, section] of Object.entries(given)) plugins[id] ??= section;
  // 2.3 keeps its servers among the plugins.
  const { grpc = {}, ...others } = settings;
  if (series === '2.3') plugins[server] = merge(plugins[server] as Table, pick(grpc as Table, 'address'));
  const kept = series === '2.3' ? others : settings;
  const top = Object.fromEntries(Object.entries(kept).filter(([key]) => key in base || series === '1.7'));
  return { ...base, ...top, version: newestVersion[series], plugins };
}

function fillCri(series: Series, base: Table, given: Table): Table {
  const filled = merge(base, given);
  const runtimes = tableAt(given, 'containerd', 'runtimes');
  if (Object.keys(runtimes).length === 0) return filled;
  // In 1.7, a map of handlers in the file replaces the default map: runc is gone if the file does not name it.
  const stays = series === '1.7' ? {} : tableAt(base, 'containerd', 'runtimes');
  const handlers: Table = { ...stays };
  for (const [name, handler] of Object.entries(runtimes)) {
    if (!isTable(handler)) throw new ConfigurationError(`containerd.runtimes.${name} is not a table`);
    check(name, handler);
    const known = series === '1.7' ? handler : pick(handler, ...Object.keys(handlerDefaults()), 'options');
    handlers[name] = merge(merge(handlerDefaults(), tableAt(stays, name)), known);
  }
  return { ...filled, containerd: { ...tableAt(filled, 'containerd'), runtimes: handlers } };
}

function check(name: string, handler: Table): void {
  const type = handler['runtime_type'];
  if (type !== undefined && typeof type !== 'string') {
    throw new ConfigurationError(
      `containerd.runtimes.${name}.runtime_type: incompatible types: TOML value is not a string`,
    );
  }
  if (handler['options'] !== undefined && !isTable(handler['options'])) {
    throw new ConfigurationError(`containerd.runtimes.${name}.options: incompatible types: TOML value is not a table`);
  }
}
