import { randomUUID } from 'node:crypto';
import type { Ended, Script } from '../../local-aws/agent.ts';
import type { Machine } from './machine.ts';
import { execute } from './process.ts';

/** How long the command may take on top of the script, in seconds: to connect, or to start a container. */
const entranceSeconds = 30;

/** The placeholder for the node in the command. */
export const nodePlaceholder = '{node}';

/**
 * A node of a running cluster, reached through a command: `docker exec -i {node} sh` for kind, `ssh root@{node} sh` for
 * a lab. The command reads a shell script on its standard input that does on the node what the SSM agent would do.
 */
export class AttachedMachine implements Machine {
  readonly kind = 'attached';
  readonly description: string;
  readonly #command: string;

  /**
   * @param command a shell command that contains {@link nodePlaceholder} and runs a shell there on its standard input
   */
  constructor(command: string, nodeName: string) {
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(nodeName))
      throw new Error(`the node name ${nodeName} is not valid in Kubernetes`);
    this.#command = command.replaceAll(nodePlaceholder, nodeName);
    this.description = `attached (${command})`;
  }

  run(script: Script): Promise<Ended> {
    return execute(['/bin/sh', '-c', this.#command], {
      input: wrapperOf(script),
      timeoutSeconds: script.timeoutSeconds + entranceSeconds,
    });
  }

  /** The node's kubelet reports its handlers to the cluster itself. */
  async handlers(): Promise<undefined> {
    return undefined;
  }

  /** Airlock does not terminate this node. */
  async destroy(): Promise<void> {}
}

/**
 * The shell script that does what the agent does: it puts the parameters into the environment and the script into a
 * file that only root can read, runs the file with `sh -c` and an empty standard input, and kills it when its time is
 * up.
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
