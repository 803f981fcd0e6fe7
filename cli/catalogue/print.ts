import { runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { CatalogueReport, HostReport } from './schemas.ts';

/** Prints the catalogue for people. */
export function printCatalogue({ runtimes: entries }: CatalogueReport): void {
  const width = outputWidth();
  for (const { runtime, default: usual, floor, versions, rules } of entries) {
    print(`${styled('bold', titleOf(runtime))}  default ${usual}`);
    if (floor !== undefined) print(wrap(`floor ${floor.version}, because of ${floor.because}`, width, 2));
    for (const { version, allowed, withdrawn, advisories, artifacts } of versions) {
      const barred = withdrawn === '' ? 'below the floor' : 'withdrawn';
      const marks = [...(version === usual ? ['default'] : []), ...(allowed ? [] : [barred])];
      print(`  ${styled('bold', version)}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`);
      for (const { arch, sha256 } of artifacts) print(wrap(`${arch.padEnd(7)}  ${sha256}`, width, 4));
      for (const advisory of advisories) print(wrap(advisoryLine(advisory), width, 4));
    }
    print('  hosts, by the first rule that fits');
    for (const { verdict, when, reason, instead, link } of rules) {
      print(wrap(`${coloured(verdict)}  ${when}`, width, 4));
      if (reason !== '') print(wrap(`${reason}; use ${instead}`, width, 6));
      if (link !== '') print(wrap(link, width, 6));
    }
    print(wrap('unknown  every other host: the proof on the node decides', width, 4));
    print('');
  }
}

/** Prints what is known about a host for people. */
export function printHostReport({ node, host, runtimes: answers }: HostReport): void {
  const width = outputWidth();
  const facts = Object.entries(host).map(([name, value]) => `${name} ${value}`);
  print(wrap(`${styled('bold', node || 'host')}: ${facts.join(', ')}`, width));
  for (const { runtime, versions } of answers) {
    print(`\n${styled('bold', titleOf(runtime))}`);
    for (const { version, isDefault, verdict, reason, instead, link, open, advisories } of versions) {
      print(wrap(`${version}${isDefault ? ' (default)' : ''}  ${coloured(verdict)}`, width, 2));
      if (verdict === 'unknown') print(wrap('no rule decides: the proof on the node does', width, 4));
      if (reason !== '') print(wrap(`${reason}; use ${instead}`, width, 4));
      if (open.length > 0) print(wrap(`the answer may change with: ${open.map(optionOf).join(', ')}`, width, 4));
      if (link !== '') print(wrap(link, width, 4));
      for (const advisory of advisories) print(wrap(advisoryLine(advisory), width, 4));
    }
  }
}

type ShownAdvisory = HostReport['runtimes'][number]['versions'][number]['advisories'][number];

function advisoryLine({ id, severity, summary, fixedIn, needs, link }: ShownAdvisory): string {
  const fix = fixedIn === '' ? 'not fixed in any version' : `fixed in ${fixedIn}`;
  const only = needs === '' ? '' : `; only with ${needs}`;
  return `${styled('yellow', `${id} ${severity}`)}: ${summary}, ${fix}${only} (${link})`;
}

/** What `--host` calls a fact. */
function optionOf(fact: string): string {
  return fact === 'kubelet' ? 'kubernetes' : fact;
}

function titleOf(runtime: string): string {
  const known = runtimes.find((one) => one === runtime);
  return known === undefined ? runtime : runtimeTraits[known].title;
}

function coloured(verdict: string): string {
  const colour = { proven: 'green', refused: 'red', unknown: 'yellow' } as const;
  return styled(colour[verdict as keyof typeof colour], verdict);
}
