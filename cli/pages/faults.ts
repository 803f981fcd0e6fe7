import { type CataloguedFault, faults } from '../../packages/lab/faults.ts';
import { wrapProse } from './wrap.ts';

/** `docs/contribute/fault-catalogue.md`: everything that can be planted around Airlock, as a page. */
export function faultsPage(): string {
  const kinds = Map.groupBy(Object.entries(faults), ([, { kind }]) => kind);
  const tables = [...kinds].map(([kind, entries]) => {
    const rows = entries.map(
      ([name, fault]) => `| \`${name}\` | ${fault.about} | ${endOf(fault)} | ${placeOf(fault)} |`,
    );
    return `## ${kind[0]?.toUpperCase()}${kind.slice(1)}

| name | what goes wrong | a launch ends as | planted by |
|---|---|---|---|
${rows.join('\n')}
`;
  });
  return wrapProse(`# Faults

Everything that can go wrong around Airlock in the local cloud. This page is made from
[\`packages/lab/faults\`](../../packages/lab/faults/catalogue.ts) by \`npm run docs\`.

\`npm start -- --fault NAME\` plants a fault by its name, and so do the scenarios: it strikes every
node, and the third column is how a launch then ends. [The fault matrix](faults.md) draws how hard it
strikes, when, and which nodes.

${tables.join('\n')}`);
}

function endOf({ ends = 'released', only, heals }: CataloguedFault): string {
  if (only === 'matrix') return heals ? '`released`' : 'depends on the draw';
  return `\`${ends}\``;
}

function placeOf({ only }: CataloguedFault): string {
  if (only === undefined) return 'name, matrix';
  return only;
}
