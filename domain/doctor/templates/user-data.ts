import { parseAllDocuments } from 'yaml';
import { poolLabel } from '../../kubernetes.ts';
import { at, gatingKeys, listAt, textAt } from './read.ts';

/** What a node's user data gives its kubelet. */
export interface KubeletSettings {
  /** The keys of the taints that it registers with. NoExecute keeps pods off too. */
  readonly taints: readonly string[];
  /** The value of the label airlock.dev/runtime. */
  readonly label: string | undefined;
}

/**
 * Reads what user data gives the kubelet: `--register-with-taints` and `--node-labels` in scripts, and nodeadm's
 * NodeConfig. Comments do not count.
 *
 * @param text plain text, or the same in base64
 */
export function readUserData(text: string): KubeletSettings {
  const plain = decode(text)
    .split('\n')
    .filter((line) => !/^\s*#(?!!)/.test(line))
    .join('\n');
  const config = nodeConfigIn(plain);
  const flags = [plain, ...listAt(config, 'spec', 'kubelet', 'flags').map(String)].join('\n');
  const registered = valuesOf(flags, 'register-with-taints')
    .filter((taint) => /:(NoSchedule|NoExecute)$/.test(taint))
    .map((taint) => taint.split(/[=:]/)[0] ?? '');
  const labels = valuesOf(flags, 'node-labels').map((label) => label.split('='));
  return {
    taints: [...registered, ...gatingKeys(listAt(config, 'spec', 'kubelet', 'config', 'registerWithTaints'))],
    label: labels.find(([key]) => key === poolLabel)?.[1],
  };
}

function decode(text: string): string {
  const compact = text.replace(/\s/g, '');
  const isBase64 = /^[A-Za-z0-9+/]{16,}={0,2}$/.test(compact);
  return isBase64 ? Buffer.from(compact, 'base64').toString('utf8') : text;
}

/** The values of a kubelet flag, which are separated by commas. */
function valuesOf(text: string, flag: string): readonly string[] {
  const pattern = new RegExp(`--${flag}[= ]["']?([^\\s"']+)`, 'g');
  return [...text.matchAll(pattern)].flatMap(([, list = '']) => list.split(','));
}

/** nodeadm's NodeConfig: the whole user data, or a part of a MIME message. */
function nodeConfigIn(text: string): unknown {
  const parts = text
    .split(/^--[^\s]*$/m)
    .map((part) => part.slice(Math.max(part.indexOf('apiVersion: node.eks.aws'), 0)));
  for (const part of parts.filter((one) => one.includes('kind: NodeConfig'))) {
    const config = parseAllDocuments(part).map((document) => document.toJS() as unknown);
    const found = config.find((one) => textAt(one, 'kind') === 'NodeConfig' && at(one, 'spec') !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}
