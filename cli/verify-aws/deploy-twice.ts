import { spawnSync } from 'node:child_process';
import type { CheckResult } from './check-result.ts';
import { deployedTemplate } from './stack.ts';

/** Deploys the stack, synthesizes and deploys again, and reports whether the second deployment found any change. */
export async function deployTwice(): Promise<readonly CheckResult[]> {
  const first = deploy();
  if (first.status !== 0) return [{ ok: false, text: `the deployment failed: ${lastLine(first.stderr)}` }];
  const template = await deployedTemplate();
  const second = deploy();
  const unchanged = second.status === 0 && /no changes/.test(second.stdout + second.stderr);
  return [
    { ok: unchanged, text: 'the second deployment reports "no changes"' },
    { ok: template === (await deployedTemplate()), text: 'the template in CloudFormation stayed the same' },
  ];
}

function deploy() {
  return spawnSync('npx', ['cdk', 'deploy', '--require-approval', 'never'], { encoding: 'utf8' });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
