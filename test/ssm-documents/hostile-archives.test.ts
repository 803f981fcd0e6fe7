import { existsSync, readdirSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import {
  type Builders,
  deb,
  type Mirror,
  type OddMember,
  oddTar,
  simulatedBuilders,
  simulatedCatalogue,
  startMirror,
} from '../../packages/lab/releases.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';
import { shell } from '../../ssm-documents/parts.ts';
import { nodes, resultOf, shipped } from './node.ts';
import { readShown } from './shown.ts';

const node = nodes();

/** What an archive must not contain, and the text of the refusal. */
const cases: readonly (readonly [name: string, odd: readonly OddMember[], words: string])[] = [
  [
    'a program that runs as its owner',
    [{ name: './gvisor-bin/helper', mode: 0o4755 }],
    'gvisor-bin/helper runs as its owner',
  ],
  ['a program that runs as its group', [{ name: 'helper', mode: 0o2755 }], 'helper runs as its owner'],
  ['a device', [{ name: 'disk', type: '3' }], 'disk is neither a file nor a folder nor a link'],
  ['a pipe', [{ name: 'pipe', type: '6' }], 'pipe is neither a file nor a folder nor a link'],
  ['an absolute name', [{ name: '/etc/airlock-hostile' }], '/etc/airlock-hostile leads out of it'],
  ['a name that climbs', [{ name: 'gvisor-bin/../../../../airlock-hostile' }], "Member name contains '..'"],
  ['an absolute link', [{ name: 'passwd', type: '2', link: '/etc/passwd' }], 'passwd is a link to /etc/passwd'],
  [
    'a link that climbs',
    [{ name: 'gvisor-bin/up', type: '2', link: '../../up' }],
    'gvisor-bin/up is a link to ../../up',
  ],
  [
    'a hard link that climbs',
    [{ name: 'shadow', type: '1', link: '../../../../etc/shadow' }],
    'shadow: Cannot hard link',
  ],
  [
    'a file behind a link',
    [{ name: 'here', type: '2', link: 'gvisor-bin' }, { name: 'here/planted' }],
    'here/planted lies behind the link here',
  ],
  [
    'a link that climbs by another',
    [{ name: 'climb', type: '2', link: 'gvisor-bin/../..' }],
    'climb is a link to gvisor-bin/../..',
  ],
  [
    'a link with an arrow in its name',
    [{ name: 'a -> b', type: '2', link: '/etc/passwd' }],
    'is a link to b -> /etc/passwd',
  ],
];

/** A version of gVisor whose archive contains one or more extra members: the case's number is in its version. */
const hostile: Builders['gvisor'] = (version, architecture, compression) => {
  const odd = cases[Number(version) - 1]?.[1];
  if (odd === undefined) return simulatedBuilders.gvisor(version, architecture, compression);
  return zstdCompressSync(oddTar(odd, { runsc: '#!/bin/sh\n' }));
};

let mirror: Mirror;
beforeAll(async () => {
  mirror = await startMirror({ ...simulatedBuilders, gvisor: hostile });
});
afterAll(() => mirror.close());

describe("an archive is refused with its member's name, and nothing of it remains, if it contains", () => {
  it.each(cases.map(([name, , words], index) => ({ name, words, version: String(index + 1) })))(
    '$name',
    async ({ words, version }) => {
      const { gvisor } = shipped.runtimes;
      if (gvisor === undefined) throw new Error('the catalogue has no gVisor');
      const artifact = {
        url: `https://storage.googleapis.com/gvisor/releases/release/${version}/x86_64/gvisor.tar.zstd`,
        sha256: '0'.repeat(64),
      };
      const versions = [{ version, artifacts: { x86_64: artifact } }];
      const one = {
        ...shipped,
        runtimes: { gvisor: { ...gvisor, versions, default: version, rules: [] } },
      };
      const catalogue = simulatedCatalogue(one, 'zstd', { gvisor: hostile });
      const machine = await SimulatedMachine.create({}, mirror);
      try {
        const ended = await machine.run({
          text: scriptOf(assembleDocument(catalogue, 'gvisor', 'install')),
          environment: { SSM_Version: version },
          timeoutSeconds: 60,
        });

        const result = resultOf(readShown(ended), ended.stderr);
        expect(result).toMatchObject({ outcome: 'install-failed', config: 'untouched', restarts: 0 });
        expect(result.detail).toContain(words);
        expect(readdirSync(`${machine.tree}/opt/airlock/gvisor`)).toEqual([]);
        for (const path of ['etc/airlock-hostile', 'opt/airlock-hostile', 'airlock-hostile']) {
          expect(existsSync(`${machine.tree}/${path}`)).toBe(false);
        }
      } finally {
        await machine.destroy();
      }
    },
  );
});

describe('a package of Sysbox is refused before apt gets it, if it contains', () => {
  const odds: readonly (readonly [string, OddMember, string])[] = [
    [
      'a program that runs as its owner',
      { name: './usr/bin/helper', mode: 0o4755 },
      'usr/bin/helper runs as its owner',
    ],
    ['a device', { name: './usr/lib/disk', type: '3' }, 'usr/lib/disk is neither a file nor a folder nor a link'],
    [
      'a link to a file outside the package',
      { name: './usr/bin/passwd', type: '2', link: '/etc/passwd' },
      'usr/bin/passwd is a link to /etc/passwd',
    ],
  ];
  it.each(odds)('%s', async (_, odd, words) => {
    const control = { control: 'Package: sysbox-ce\nVersion: 0.7.1.linux\nArchitecture: amd64\n' };
    const builders = {
      ...simulatedBuilders,
      sysbox: () => deb(control, oddTar([odd], { 'usr/bin/sysbox-runc': '#!/bin/sh\n' })),
    };
    const supply = await startMirror(builders);
    const machine = await SimulatedMachine.create({}, supply);
    try {
      const ended = await machine.run({
        text: scriptOf(assembleDocument(simulatedCatalogue(shipped, 'zstd', builders), 'sysbox', 'install')),
        environment: { SSM_Version: '0.7.1' },
        timeoutSeconds: 60,
      });

      const result = resultOf(readShown(ended), ended.stderr);
      expect(result).toMatchObject({ outcome: 'install-failed', config: 'untouched', restarts: 0 });
      expect(result.detail).toContain(words);
      expect(existsSync(`${machine.tree}/usr/bin/sysbox-runc`)).toBe(false);
    } finally {
      await machine.destroy();
      await supply.close();
    }
  });
});

describe('a listing', () => {
  const judge = (home: string, ...lines: readonly string[]) => judgedBy(shell('node/archive.sh'), home, lines);
  const judgedBy = async (guards: string, home: string, lines: readonly string[]) => {
    const machine = await node.create();
    const ended = await machine.run({
      text: `#!/bin/bash\nset -eu\nartifact_url=the-archive\nfail() { echo "$2"; exit 1; }\n${guards}
printf '%s\\n' "$LISTING" >list\nrefuse_hostile_archive list '${home}'\necho good`,
      environment: { LISTING: lines.join('\n') },
      timeoutSeconds: 10,
    });
    return ended.stdout.trim();
  };

  it('may contain files, folders and links that stay inside', async () => {
    const said = await judge(
      '',
      'drwxrwsr-t 0/0        0 2026-11-01 00:00 ./',
      '-rwxr-xr-x 0/0       12 2026-11-01 00:00 ./lib/a name',
      'lrwxrwxrwx 0/0        0 2026-11-01 00:00 ./lib/deep/link -> ../../runsc',
      'hrwxr-xr-x 0/0        0 2026-11-01 00:00 ./lib/hard link to ./lib/a name',
    );

    expect(said).toBe('good');
  });

  it.each([
    ['runs as its owner', '== *[sS]* ]]', '== never ]]', ['-rwsr-xr-x 0/0 1 2026-11-01 00:00 helper']],
    [
      'is neither a file',
      '*) why="$name is neither',
      '*) : "$name is neither',
      ['brw-r--r-- 0/0 8,0 2026-11-01 00:00 disk'],
    ],
    [
      'leads out of it',
      'if [[ /$name/ == */../* ]] || leads_out "$name"',
      'if false',
      ['-rwxr-xr-x 0/0 1 2026-11-01 00:00 a/../../planted'],
    ],
    [
      'is a link to',
      '\nwhy="$name is a link to $target"\nfi',
      '\n:\nfi',
      ['lrwxrwxrwx 0/0 0 2026-11-01 00:00 passwd -> /etc/passwd'],
    ],
    [
      'is a link to',
      'h*) if [[ /$target/ == */../* ]] || leads_out "$target"',
      'h*) if false',
      ['hrwxr-xr-x 0/0 0 2026-11-01 00:00 shadow link to a/../../../etc/shadow'],
    ],
    [
      'lies behind the link',
      'links[$name]=1',
      ':',
      ['lrwxrwxrwx 0/0 0 2026-11-01 00:00 here -> lib', '-rwxr-xr-x 0/0 1 2026-11-01 00:00 here/planted'],
    ],
  ])('that %s is refused by one guard, and accepted without it', async (words, guard, without, lines) => {
    const text = shell('node/archive.sh');

    expect(text).toContain(guard);
    expect(await judge('', ...lines)).toContain(words);
    expect(
      await judgedBy(
        text.replace(guard, () => without),
        '',
        lines,
      ),
    ).toBe('good');
  });

  it("may link to the archive's destination, if it has one", async () => {
    const line = 'lrwxrwxrwx 0/0 0 2026-11-01 00:00 ./opt/kata/vmlinux -> /opt/kata/share/vmlinux-6';

    expect(await judge('/opt/kata', line)).toBe('good');
    expect(await judge('', line)).toContain('vmlinux is a link to');
    expect(await judge('/opt/kata', line.replace('share', '..'))).toContain('vmlinux is a link to');
  });
});

describe('an archive whose content is more than twice the room that its catalogue entry states', () => {
  it('is refused while it is unpacked, and nothing of it remains', async () => {
    const huge: Builders['gvisor'] = () =>
      zstdCompressSync(oddTar([], { runsc: '#!/bin/sh\n', padding: '0'.repeat(3 * 2 ** 20) }));
    const { gvisor } = shipped.runtimes;
    if (gvisor === undefined) throw new Error('the catalogue has no gVisor');
    const own = await startMirror({ ...simulatedBuilders, gvisor: huge });
    const catalogue = simulatedCatalogue({ ...shipped, runtimes: { gvisor: { ...gvisor, room: 1 } } }, 'zstd', {
      gvisor: huge,
    });
    const machine = await SimulatedMachine.create({}, own);
    try {
      const ended = await machine.run({
        text: scriptOf(assembleDocument(catalogue, 'gvisor', 'install')),
        environment: { SSM_Version: gvisor.default },
        timeoutSeconds: 60,
      });

      const result = resultOf(readShown(ended), ended.stderr);
      expect(result).toMatchObject({ outcome: 'install-failed', config: 'untouched', restarts: 0 });
      expect(result.detail).toContain('its content is larger than 2 MiB');
      expect(readdirSync(`${machine.tree}/opt/airlock/gvisor`)).toEqual([]);
    } finally {
      await machine.destroy();
      await own.close();
    }
  });
});
