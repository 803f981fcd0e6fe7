import { randomUUID } from 'node:crypto';
import type { Ended, Script } from '../../local-aws/agent.ts';
import type { Machine } from './machine.ts';
import { execute } from './process.ts';

/** How long the command may take beside the script itself, in seconds: a connection, a container. */
const entranceSeconds = 30;

/** What the command has to name: the node. */
export const nodePlaceholder = '{node}';

/**
 * A node of a running cluster that a command reaches: `docker exec -i {node} sh` for kind, `ssh root@{node} sh` for a lab. The command gets
 * a shell script on its standard input, which does on the node what the SSM agent would do.
 */
export class AttachedMachine implements Machine {
  readonly kind = 'attached';
  readonly description: string;
  readonly #command: string;

  /** @param command a shell command that names {@link nodePlaceholder} and runs a shell there on its standard input */
  constructor(command: string, nodeName: string) {
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(nodeName)) throw new Error(`the node name ${nodeName} is none of Kubernetes`);
    this.#command = command.replaceAll(nodePlaceholder, nodeName);
    this.description = `attached (${command})`;
  }

  run(script: Script): Promise<Ended> {
    return execute(['/bin/sh', '-c', this.#command], {
      input: wrapperOf(script),
      timeoutSeconds: script.timeoutSeconds + entranceSeconds,
    });
  }

  /** The kubelet of the node tells the cluster itself. */
  async handlers(): Promise<undefined> {
    return undefined;
  }

  /** The node is not ours to end. */
  async destroy(): Promise<void> {}
}

/**
 * The shell script that does what the agent does: the parameters into the environment, the script into a file of root's own, and that run
 * by `sh -c`, with nothing on its standard input, and killed when its time is up.
 */
export function wrapperOf({ text, environment, timeoutSeconds }: Script): string {
  const end = `END_OF_SCRIPT_${randomUUID()}`;
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [
    'set -eu',
    'umask 077',
    'folder=$(mktemp -d)',
    `trap 'rm -rf "$folder"' EXIT`,
    `cat >"$folder/_script.sh" <<'${end}'`,
    text,
    end,
    'chmod 700 "$folder/_script.sh"',
    'cd "$folder"',
    ...exports,
    'code=0',
    `timeout -s KILL ${timeoutSeconds} sh -c "$folder/_script.sh" </dev/null || code=$?`,
    'exit "$code"',
    '',
  ].join('\n');
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
