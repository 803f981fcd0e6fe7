import { type FixValues, fillIn, findingCodes, findingGroups, findingOf } from '../../domain/findings.ts';
import { defaultGateKey } from '../../domain/kubernetes.ts';
import { exampleRuntime, runtimeTraits } from '../../domain/runtimes.ts';
import { groupCodes, scheduledCodes } from '../../lambdas/doctor/examine-fleet.ts';
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
groups. Findings without a word about the scheduled doctor
(\`doctor.schedule\` in \`airlock.yaml\`) are looked for by the command only: they need the cluster, files, or rights that a function does not get. This page is made from [\`domain/findings.ts\`](../../domain/findings.ts) by \`npm run docs\`, with the default gate and ${runtimeTraits[exampleRuntime].title} filled in.

${groups.join('\n\n')}
`);
}

function section(code: (typeof findingCodes)[number]): string {
  const { level, sentence, effect, fix, link } = findingOf(code);
  const target = link.startsWith('docs/') ? `../${link.slice('docs/'.length)}` : link;
  return `### ${code}\n\n**${level}**: ${sentence} ${fillIn(effect, values)}\n\n\`\`\`text\n${fillIn(fix, values)}\n\`\`\`\n\n${scheduleOf(code)}More: [${link}](${target})`;
}

/** Whether the scheduled doctor looks for a finding, too, as the beginning of a sentence's line. */
function scheduleOf(code: (typeof findingCodes)[number]): string {
  if (groupCodes.includes(code))
    return 'The scheduled doctor looks for it in Auto Scaling groups and managed node groups.\n\n';
  return scheduledCodes.includes(code) ? 'The scheduled doctor looks for it, too.\n\n' : '';
}
