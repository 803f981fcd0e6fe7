import type { Machine } from '../../packages/lab/machines.ts';
import type { RealMachine } from '../../packages/lab/real-machines.ts';
import type { Ended, Script } from '../../packages/local-aws/agent.ts';
import { unpackShell } from '../../ssm-documents/pack.ts';

/** The line of the scripts that marks a boundary. */
const marker = 'say "step: $1"';

/**
 * The machine as the agent sees it, except that a script halts at a boundary and is ended there, the first time that it
 * logs `step: <step>`.
 *
 * @param end ends it: with `kill` of its process group, or in another way
 */
export function interruptedAt(
  machine: RealMachine,
  step: string,
  end: (kill: () => void) => void | Promise<void>,
): Machine {
  return {
    kind: machine.kind,
    description: machine.description,
    handlers: () => machine.handlers(),
    destroy: () => machine.destroy(),
    async run(script: Script): Promise<Ended> {
      const text = unpackShell(script.text);
      if (!text.includes(`\n${marker}\n`)) throw new Error(`the script has no line ${marker}`);
      const halting = `${marker}\nif [[ $1 == '${step}' ]]; then sleep 1000; fi`;
      let said = '';
      let ending = Promise.resolve();
      let reached = false;
      const result = await machine.run({ ...script, text: text.replace(marker, () => halting) }, (piece, kill) => {
        said += piece;
        if (reached || !said.includes(` step: ${step}\n`)) return;
        reached = true;
        ending = Promise.resolve(end(kill));
      });
      await ending;
      if (!reached) throw new Error(`the script never said step: ${step}; it said:\n${said}`);
      return result;
    },
  };
}
