import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { defaultVersion } from '../../domain/catalogue.ts';
import { parametersFor, verbs } from '../../domain/parameters.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';
import { shell } from '../../ssm-documents/parts.ts';
import { shipped } from './node.ts';

const documents = runtimes.flatMap((runtime) => verbs.map((verb) => ({ runtime, verb })));
const folder = new URL('../../ssm-documents/', import.meta.url);

describe.each(documents)('the document that can $verb $runtime', ({ runtime, verb }) => {
  const installs = verb === 'install' || verb === 'prove';
  const document = assembleDocument(shipped, runtime, verb);
  const script = scriptOf(document);

  it('is named by the hash of its content', () => {
    const hash = createHash('sha256').update(JSON.stringify(document.content)).digest('hex');

    expect(document.hash).toBe(hash);
    expect(document.name).toBe(`airlock-${runtime}-${verb}-${hash.slice(0, 12)}`);
  });

  it.each([false, true])(
    'has only patterns that the agent, which is written in Go, can compile, with a mirror: %s',
    (isMirrored) => {
      const { parameters } = assembleDocument(shipped, runtime, verb, { isMirrored }).content;
      for (const { allowedPattern } of Object.values(parameters)) {
        expect(() => RE2JS.compile(allowedPattern ?? '')).not.toThrow();
      }
    },
  );

  it('takes its prefix from the caller', () => {
    expect(assembleDocument(shipped, runtime, verb, { prefix: 'team' }).name).toMatch(new RegExp(`^team-${runtime}-`));
  });

  it('leaves at least 8 KB of the 64 KB that SSM accepts with parameters', () => {
    expect(64 * 1024 - Buffer.byteLength(JSON.stringify(document.content))).toBeGreaterThan(8 * 1024);
  });

  it('shows what it pins, what it refuses and what the verb does; the shell below that is packed, and unpacks to the code that runs', () => {
    const [text = ''] = document.content.mainSteps[0].inputs.runCommand;
    const unpack = `${text.slice(0, text.indexOf('eval "$unpacked"'))}printf '%s' "$unpacked"`.replace(
      /^#!.*?(?=^# --- the shell)/ms,
      '',
    );

    const shared = execFileSync('bash', ['-c', unpack], { encoding: 'utf8' });

    const [before = '', after = ''] = script.split(shared);
    expect(text.startsWith(before)).toBe(true);
    expect(text.endsWith(after)).toBe(true);
    expect(before).toContain(`verb=${verb} runtime=${runtime} `);
    expect(before.includes('judge_host() {')).toBe(installs);
    expect(after).toMatch(/^main\(\) \{$/m);
    expect(shared).toContain('# --- the result line ---');
  });

  it('is the same text whatever system packs it', () => {
    const [text = ''] = document.content.mainSteps[0].inputs.runCommand;
    const packed = /^H4sI[A-Za-z0-9+/=]+$/m.exec(text)?.[0] ?? '';

    // The method, no flags, no time, the best compression, no system name.
    expect([...Buffer.from(packed, 'base64').subarray(2, 10)]).toEqual([8, 0, 0, 0, 0, 0, 2, 255]);
  });

  it('passes every parameter through the environment, and limits it twice', () => {
    for (const parameter of Object.values(document.content.parameters)) {
      expect(parameter.interpolationType).toBe('ENV_VAR');
      expect(parameter.allowedPattern).toMatch(/^\^.*\$$/);
      expect(parameter.allowedValues).toContain(parameter.default);
      for (const value of parameter.allowedValues ?? []) expect(value).toMatch(new RegExp(parameter.allowedPattern));
    }
  });

  it('contains nothing that an agent would replace', () => {
    expect(JSON.stringify(document.content.mainSteps)).not.toMatch(/\{\{/);
  });

  it('begins as bash with strict rules and an empty root', () => {
    const lines = script.split('\n');

    expect(lines[0]).toBe('#!/bin/bash');
    expect(lines.filter((line) => line === "ROOT=''")).toHaveLength(1);
    expect(script).toMatch(/^set -Eeuo pipefail$/m);
    expect(document.content.mainSteps[0].inputs.onFailure).toBe('exit');
    expect(document.content.mainSteps[0].inputs.timeoutSeconds).toMatch(/^\d+$/);
  });

  it('pins every address that it can download from, and none if it downloads nothing', () => {
    const pinned = shipped.runtimes[runtime]?.versions.flatMap(({ artifacts }) => Object.values(artifacts)) ?? [];

    expect(pinned.length).toBeGreaterThan(1);
    for (const artifact of pinned) {
      expect(script.includes(artifact?.url ?? '')).toBe(installs);
      expect(script.includes(artifact?.sha256 ?? '')).toBe(installs);
    }
  });

  it('declares exactly the parameters that it is sent with', () => {
    const sent = parametersFor(verb, { runtime, version: defaultVersion(shipped, runtime) });

    expect(Object.entries(document.content.parameters).map(([name, limits]) => [name, limits.default])).toEqual(
      Object.entries(sent),
    );
    const read = new Set([...script.matchAll(/SSM_([A-Za-z]+)/g)].map(([, name]) => name));
    for (const name of Object.keys(sent)) expect(read).toContain(name);
  });

  it('never sets the root again, and never names a host path without it', () => {
    const code = script.split('\n').filter((line) => !/^\s*#/.test(line) && !line.includes('unit_config='));
    const bare = code.filter((line) =>
      /(^|[\s"'=<>(])\/(etc|opt|var|run|usr|sys|proc|tmp|snap|root|dev)\//.test(
        line.replaceAll(/'[^']*'/g, '').replaceAll(/"\$(?:ROOT|new)"\/|\/dev\/(null|fd\/[58])\b/g, ''),
      ),
    );

    // Names that are prefixed with the root wherever they are used, names inside a sandbox, and names in messages.
    const known =
      /^(?:k3s|kubelite)\) |== \/etc\/\* |^(runsc_toml|shim|modules_file|kata_config|staged|archive_home)=\/|^inside="|^fail [a-z-]+ "|\.stage|^unpack |^refuse_full_disk /;
    expect(bare.filter((line) => !known.test(line))).toEqual([]);
    expect(code.filter((line) => /\bROOT=/.test(line))).toEqual(["ROOT=''"]);
  });

  it('passes bash -n', () => {
    expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
  });

  it('passes shellcheck', ({ skip }) => {
    const checked = spawnSync('shellcheck', ['--shell=bash', '-'], { input: `${script}\n`, encoding: 'utf8' });
    if (checked.error !== undefined) skip('shellcheck is not installed on this machine');

    expect(checked.stdout).toBe('');
  });
});

describe('the shell that documents are built from', () => {
  const files = readdirSync(fileURLToPath(new URL('node/', folder)));

  it('is used, every file of it', () => {
    const mirrored = scriptOf(assembleDocument(shipped, 'gvisor', 'install', { isMirrored: true }));
    const all = documents.map(({ runtime, verb }) => scriptOf(assembleDocument(shipped, runtime, verb)));
    const scripts = [...all, mirrored].join('\n');

    for (const file of files) expect(scripts, file).toContain(shell(`node/${file}`));
  });

  it("loses its comments when it is packed, except shellcheck's directives", () => {
    const script = scriptOf(assembleDocument(shipped, 'gvisor', 'install'));

    expect(script.match(/^\s*# (?!---|shellcheck )/gm)).toBeNull();
    expect(script).toContain('# shellcheck disable=');
    expect(script).toContain("'# Written by Airlock.'");
  });

  it('gives the same documents wherever they are built', () => {
    const code = `import { assembleDocument } from ${JSON.stringify(new URL('assemble.ts', folder).href)};
      const [catalogue, ...documents] = process.argv.slice(1).map((text) => JSON.parse(text));
      for (const { runtime, verb } of documents) console.log(assembleDocument(catalogue, runtime, verb).name);`;
    const given = [shipped, ...documents].map((value) => JSON.stringify(value));
    const names = execFileSync(process.execPath, ['--input-type=module', '-e', code, ...given], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });

    expect(names.trim().split('\n')).toEqual(
      documents.map(({ runtime, verb }) => assembleDocument(shipped, runtime, verb).name),
    );
  });

  it('gives another name as soon as one pinned checksum changes', () => {
    const text = JSON.stringify(shipped).replace('1f2a732d', '1f2a732e');

    for (const verb of ['install', 'prove'] as const) {
      expect(assembleDocument(JSON.parse(text), 'gvisor', verb).name).not.toBe(
        assembleDocument(shipped, 'gvisor', verb).name,
      );
    }
  });

  it('refuses a runtime that the catalogue does not have', () => {
    expect(() => assembleDocument({ ...shipped, runtimes: {} }, 'sysbox', 'install')).toThrow(
      'the catalogue has no versions of sysbox',
    );
  });
});
