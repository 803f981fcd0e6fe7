import { parse, TomlError } from 'smol-toml';
import { cri, defaults, handlerDefaults, newestVersion, type Series, type Table } from './defaults.ts';
import { isTable, merge, tableAt, without } from './tables.ts';

/** The file system as the daemon sees it. */
export interface Files {
  /** The text of a file, or `undefined` where there is none. */
  read(path: string): string | undefined;
  /** The paths that a pattern matches. */
  match(pattern: string): readonly string[];
}

/** A configuration that the daemon does not start with, or cannot read. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Who asks: `config dump` overlooks an import of a missing file, the daemon does not. */
type Reader = 'dump' | 'daemon';

/**
 * What containerd makes of its configuration: files read, imports merged, older versions migrated, defaults filled in. The rules of
 * 1.7, 2.0 to 2.2 and 2.3 differ; they were observed with the real daemons.
 *
 * @param path the root file; where it does not exist, the defaults apply
 * @throws ConfigurationError as the daemon would refuse
 */
export function effective(series: Series, path: string, files: Files, reader: Reader): Table {
  const text = files.read(path);
  if (text === undefined) return defaults(series);
  const root = read(path, text, series);
  const imported = importsOf(root, path, files, reader).map((file) => read(file, files.read(file) ?? '', series));
  const settings = series === '1.7' ? mergeOld(root, imported) : mergeNew(series, root, imported);
  const config = fill(series, settings);
  // 1.7 lists the file itself.
  config['imports'] = series === '1.7' ? [path, ...list(root['imports'])] : list(root['imports']);
  return config;
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
    throw new ConfigurationError(`failed to unmarshal TOML: ${path}: version is no integer`);
  }
  const newest = newestVersion[series];
  if (version !== undefined && version > newest) {
    throw new ConfigurationError(
      `expected containerd config version equal to or less than \`${newest}\`, got \`${version}\``,
    );
  }
  return table;
}

function importsOf(root: Table, path: string, files: Files, reader: Reader): string[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return list(root['imports']).flatMap((entry) => {
    const full = entry.startsWith('/') ? entry : `${folder}/${entry}`;
    if (/[*?[]/.test(full)) return [...files.match(full)].filter((file) => file !== path);
    if (files.read(full) !== undefined) return [full];
    if (reader === 'dump') return [];
    throw new ConfigurationError(`failed to load imports: open ${full}: no such file or directory`);
  });
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** 1.7: a file that touches a plugin replaces that plugin's whole section; a root without a version is version 1 and knows no ids. */
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
    // 2.0 to 2.2 merge before they migrate, so sections under another version's ids get lost without a word.
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

/** Brings the CRI settings of version 2 under the ids of version 3. */
function migrate(series: Series, file: Table, version: number): Table {
  const plugins = tableAt(file, 'plugins');
  const old = tableAt(plugins, cri.grpc);
  // In a file of version 3, 2.0 to 2.2 ignore what stands under the old id; 2.3 migrates it too.
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

/** Lays the settings over the defaults, as decoding into the daemon's own structures does. */
function fill(series: Series, settings: Table): Table {
  const base = defaults(series);
  const plugins: Table = {};
  const given = tableAt(settings, 'plugins');
  for (const [id, section] of Object.entries(tableAt(base, 'plugins'))) {
    if (given[id] !== undefined && !isTable(given[id])) throw new ConfigurationError(`plugins.${id} is no table`);
    plugins[id] = id.includes('cri')
      ? fillCri(series, section as Table, tableAt(given, id))
      : merge(section as Table, tableAt(given, id));
  }
  // 1.7 prints what it does not know; 2.x drops it.
  if (series === '1.7') for (const [id, section] of Object.entries(given)) plugins[id] ??= section;
  const top = Object.fromEntries(Object.entries(settings).filter(([key]) => key in base || series === '1.7'));
  return { ...base, ...top, version: newestVersion[series], plugins };
}

function fillCri(series: Series, base: Table, given: Table): Table {
  const filled = merge(base, given);
  const runtimes = tableAt(given, 'containerd', 'runtimes');
  if (Object.keys(runtimes).length === 0) return filled;
  // A map of handlers in the file takes the place of the default map in 1.7: runc is gone where the file does not name it.
  const stays = series === '1.7' ? {} : tableAt(base, 'containerd', 'runtimes');
  const handlers: Table = { ...stays };
  for (const [name, handler] of Object.entries(runtimes)) {
    if (!isTable(handler)) throw new ConfigurationError(`containerd.runtimes.${name} is no table`);
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
      `containerd.runtimes.${name}.runtime_type: incompatible types: TOML value is no string`,
    );
  }
  if (handler['options'] !== undefined && !isTable(handler['options'])) {
    throw new ConfigurationError(`containerd.runtimes.${name}.options: incompatible types: TOML value is no table`);
  }
}
