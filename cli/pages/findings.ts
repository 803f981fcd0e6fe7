import { type FixValues, fillIn, findingCodes, findingGroups, findingOf } from '../../domain/findings.ts';
import { defaultGateKey } from '../../domain/kubernetes.ts';
import { exampleRuntime, runtimeTraits } from '../../domain/runtimes.ts';
import { wrapProse } from './wrap.ts';

const values = {
  gate: defaultGateKey,
  runtime: exampleRuntime,
  profile: 'demo_*',
  role: 'NODE_ROLE',
  pool: 'GROUP',
  hook: 'airlock',
  seconds: '1200',
  cluster: 'demo',
  instance: 'i-0123456789abcdef0',
  url: 'https://example.com/runtime',
  service: 'iam',
  advisory: 'CVE-2026-96812',
} satisfies FixValues;

/** `docs/operate/findings.md`: the closed list of what `airlock doctor` finds. */
export function findingsPage(): string {
  const groups = findingGroups.map((group) => {
    const own = findingCodes.filter((code) => findingOf(code).group === group).map(section);
    return `## ${group[0]?.toUpperCase()}${group.slice(1)}\n\n${own.join('\n\n')}`;
  });
  return wrapProse(`# Findings

\`airlock doctor\` looks for these ([how to run it](commands.md#airlock-doctor)). A code keeps its meaning. \`--only\` and \`--skip\` take codes and the names of the
groups. This page is made from [\`domain/findings.ts\`](../../domain/findings.ts) by \`npm run docs\`, with the default gate and ${runtimeTraits[exampleRuntime].title} filled in.

${groups.join('\n\n')}
`);
}

function section(code: (typeof findingCodes)[number]): string {
  const { level, sentence, effect, fix, link } = findingOf(code);
  const target = link.startsWith('docs/') ? `../${link.slice('docs/'.length)}` : link;
  return `### ${code}\n\n**${level}**: ${sentence} ${fillIn(effect, values)}\n\n\`\`\`text\n${fillIn(fix, values)}\n\`\`\`\n\nMore: [${link}](${target})`;
}
