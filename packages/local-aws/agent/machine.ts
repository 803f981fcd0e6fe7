/** A script that an SSM agent runs on a node, as the agent would. */
export interface Script {
  /** The lines of `runCommand`, joined by a newline. */
  readonly text: string;
  /** The environment that the agent adds: `SSM_<parameter>` and `SSM_COMMAND_ID`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The seconds of run time after which the script is killed. */
  readonly timeoutSeconds: number;
}

/** How a script ended. */
export interface Ended {
  /** The exit status; 137 if it was killed. */
  readonly exitCode: number;
  /** Whether the timeout killed it. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** How long it took on the machine, in milliseconds: measured, or modelled. */
  readonly durationMs: number;
}

/** The machine of an agent. */
export interface AgentMachine {
  /** Runs a script as root: `sh -c <file>`, so a shebang on the first line is honoured. */
  run(script: Script): Promise<Ended>;
}
