import { type Machine, ModelledMachine } from '../../packages/lab/machines.ts';

/** A machine whose scripts take a given time. */
export function slow(machine: Machine, durationMs: number): Machine {
  return {
    kind: machine.kind,
    description: machine.description,
    handlers: () => machine.handlers(),
    ...(machine.boot === undefined ? {} : { boot: machine.boot.bind(machine) }),
    destroy: () => machine.destroy(),
    run: async (script) => ({ ...(await machine.run(script)), durationMs }),
  };
}

/** A machine that never completes a script by itself. */
export async function endless(): Promise<Machine> {
  return slow(new ModelledMachine(), 10 * 3_600_000);
}
