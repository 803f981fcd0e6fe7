import { describe, expect, it } from 'vitest';
import { ConfigurationError, effective, type Files } from '../../machine/containerd/configuration.ts';
import { cri, defaults, type Series, type Table } from '../../machine/containerd/defaults.ts';
import { print } from '../../machine/containerd/print.ts';
import { tableAt } from '../../machine/containerd/tables.ts';

const root = '/etc/containerd/config.toml';
const v2 = `plugins."${cri.grpc}"`;
const v3 = `plugins."${cri.runtime}"`;
const newer: readonly Series[] = ['2.0', '2.3'];
const all: readonly Series[] = ['1.7', ...newer];

function files(texts: Record<string, string>): Files {
  return {
    read: (path) => texts[path],
    match: (pattern) => Object.keys(texts).filter((path) => path.startsWith(pattern.replace('*.toml', ''))),
  };
}

function load(series: Series, text: string, more: Record<string, string> = {}, reader: 'dump' | 'daemon' = 'daemon') {
  return effective(series, root, files({ [root]: text, ...more }), reader);
}

function containerdTable(series: Series, config: Table): Table {
  return tableAt(config, 'plugins', series === '1.7' ? cri.grpc : cri.runtime, 'containerd');
}

const handlers = (series: Series, config: Table) => Object.keys(tableAt(containerdTable(series, config), 'runtimes'));
const runcOptions = (series: Series, config: Table) =>
  tableAt(containerdTable(series, config), 'runtimes', 'runc', 'options');

const runsc = (table: string) => `[${table}.containerd.runtimes.runsc]\nruntime_type = "io.containerd.runsc.v1"\n`;
const runc = (table: string) =>
  `[${table}.containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n[${table}.containerd.runtimes.runc.options]\nSystemdCgroup = true\n`;

describe('a root file', () => {
  it.each(all)('that is absent means the defaults (%s)', (series) => {
    expect(effective(series, root, files({}), 'daemon')).toEqual(defaults(series));
  });

  it.each(all)('of version 2 adds exactly the content of its block (%s)', (series) => {
    expect(handlers(series, load(series, `version = 2\n${runc(v2)}${runsc(v2)}`))).toEqual(['runc', 'runsc']);
    expect(runcOptions(series, load(series, `version = 2\n${runc(v2)}`))).toMatchObject({ SystemdCgroup: true });
  });

  it('on 1.7 that names only another handler loses runc; on 2.x runc stays', () => {
    const text = `version = 2\n${runsc(v2)}`;

    expect(handlers('1.7', load('1.7', text))).toEqual(['runsc']);
    for (const series of newer) expect(handlers(series, load(series, text))).toEqual(['runc', 'runsc']);
  });

  it('of a newer version than the daemon knows stops the daemon', () => {
    expect(() => load('1.7', 'version = 3')).toThrow('equal to or less than `2`, got `3`');
    expect(() => load('2.0', 'version = 4')).toThrow(ConfigurationError);
    expect(load('2.3', 'version = 4')['version']).toBe(4);
  });

  it('of version 3 with the id of version 2 is silently ignored by 2.0 to 2.2, and migrated by 2.3', () => {
    const text = `version = 3\n${runsc(v2)}`;

    expect(handlers('2.0', load('2.0', text))).toEqual(['runc']);
    expect(handlers('2.3', load('2.3', text))).toEqual(['runc', 'runsc']);
  });

  it('without a version is version 1 for 1.7, and has the ids of version 3 for 2.x', () => {
    expect(handlers('1.7', load('1.7', runsc(v2)))).toEqual(['runc']);
    expect(handlers('2.0', load('2.0', runsc(v2)))).toEqual(['runc']);
    expect(handlers('2.0', load('2.0', runsc(v3)))).toEqual(['runc', 'runsc']);
    expect(handlers('2.3', load('2.3', runsc(v2)))).toEqual(['runc', 'runsc']);
  });

  it.each([
    ['the same table twice', `version = 2\n${runsc(v2)}${runsc(v2)}`],
    ['a line that is no TOML', 'version = 2\n[plugins'],
    ['a value of the wrong type', `version = 2\n[${v2}.containerd.runtimes.runsc]\nruntime_type = 7\n`],
  ])('with %s is refused by every daemon', (_, text) => {
    for (const series of all) expect(() => load(series, text, {}, 'dump')).toThrow(ConfigurationError);
  });

  it('keeps an unknown key in 1.7, and loses it in 2.x', () => {
    const text = `version = 2\n${runc(v2)}[${v2}.containerd.runtimes.runc.nonsense]\na = 1\n[plugins."no.such.v1"]\nb = 2\n`;

    expect(JSON.stringify(load('1.7', text))).toContain('nonsense');
    for (const series of newer) {
      expect(JSON.stringify(load(series, text))).not.toContain('nonsense');
      expect(JSON.stringify(load(series, text))).not.toContain('no.such.v1');
    }
  });
});

describe('imports', () => {
  const dropIn = '/etc/containerd/conf.d/a.toml';
  const importing = (version: number, rest: string) =>
    `version = ${version}\nimports = ["/etc/containerd/conf.d/*.toml"]\n${rest}`;

  it.each(all)('of a missing file stop the daemon, and `config dump` does not report it (%s)', (series) => {
    const text = 'version = 2\nimports = ["/etc/containerd/gone.toml"]\n';

    expect(() => load(series, text)).toThrow('open /etc/containerd/gone.toml: no such file or directory');
    expect(() => load(series, text, {}, 'dump')).not.toThrow();
  });

  it.each(all)('by a pattern that matches nothing are accepted (%s)', (series) => {
    expect(() => load(series, importing(2, ''))).not.toThrow();
  });

  it('on 1.7 replace the whole CRI section of the root', () => {
    const config = load('1.7', importing(2, `${runc(v2)}[${v2}]\nsandbox_image = "mine"\n`), {
      [dropIn]: `version = 2\n${runsc(v2)}`,
    });

    expect(handlers('1.7', config)).toEqual(['runsc']);
    expect(JSON.stringify(config)).not.toContain('mine');
  });

  it.each(newer)('of the same version merge (%s)', (series) => {
    const config = load(series, importing(2, runc(v2)), { [dropIn]: `version = 2\n${runsc(v2)}` });

    expect(handlers(series, config)).toEqual(['runc', 'runsc']);
    expect(runcOptions(series, config)).toMatchObject({ SystemdCgroup: true });
  });

  it("of version 3 under a root of version 2 lose the root's settings on 2.0 to 2.2, and stop 2.3", () => {
    const more = { [dropIn]: `version = 3\n${runsc(v3)}` };

    expect(runcOptions('2.0', load('2.0', importing(2, runc(v2)), more))).toMatchObject({ SystemdCgroup: false });
    expect(() => load('2.3', importing(2, runc(v2)), more)).toThrow(
      'drop-in config version 3 higher than root config version 2',
    );
  });

  it('of version 2 under a root of version 3 are ignored by 2.0 to 2.2, and work on 2.3', () => {
    const more = { [dropIn]: `version = 2\n${runsc(v2)}` };

    expect(handlers('2.0', load('2.0', importing(3, runc(v3)), more))).toEqual(['runc']);
    expect(handlers('2.3', load('2.3', importing(3, runc(v3)), more))).toEqual(['runc', 'runsc']);
  });
});

describe('a dump', () => {
  it('means the same when it is read again', () => {
    for (const series of all) {
      const config = load(series, `version = 2\n${runc(v2)}${runsc(v2)}`);
      const again = load(series, print(series, { ...config, imports: [] }));

      expect({ ...again, imports: [] }).toEqual({ ...config, imports: [] });
    }
  });

  it('is quoted and indented as the daemons do it', () => {
    expect(print('2.0', defaults('2.0'))).toContain(
      "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]",
    );
    expect(print('1.7', defaults('1.7'))).toMatch(/^ +\[plugins\."io\.containerd\.grpc\.v1\.cri"\.containerd\]$/m);
  });
});
