import * as v from 'valibot';

/** A text, or null, which Go reads as empty. */
const Text = v.pipe(
  v.nullable(v.string()),
  v.transform((text) => text ?? ''),
);

const isObject = (value: unknown) => typeof value === 'object' && !Array.isArray(value);

/**
 * The inputs of aws:runShellScript: `RunScriptPluginInput` of the agent's agent/plugins/runscript/runscript.go. A list
 * inside the list of lines, or one text instead of a list, is refused.
 */
const ShellInputsSchema = v.looseObject({
  runCommand: v.nullish(v.array(Text), []),
  environment: v.nullish(
    v.pipe(v.custom<object>(isObject, 'Invalid type: Expected an object'), v.record(v.string(), Text)),
    {},
  ),
  timeoutSeconds: v.optional(v.unknown()),
  workingDirectory: v.optional(v.undefined('workingDirectory is not simulated')),
});

/** The inputs of a step that runs a script. */
export interface ShellInputs {
  readonly lines: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** 5 to 172,800; an hour if the document's value is junk. */
  readonly timeoutSeconds: number;
}

/** Reads the inputs of a step, with the parameters inserted; returns the reason if the plugin refuses them. */
export function readShellInputs(inputs: unknown): ShellInputs | string {
  const parsed = v.safeParse(ShellInputsSchema, inputs);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return `Invalid format in plugin properties: ${v.getDotPath(issue) ?? 'top'}: ${issue.message}`;
  }
  const { runCommand, environment, timeoutSeconds } = parsed.output;
  return { lines: runCommand ?? [], environment: environment ?? {}, timeoutSeconds: timeout(timeoutSeconds) };
}

/** `ValidateExecutionTimeout` of the agent's agent/plugins/pluginutil/pluginutil.go: fractions are cut off. */
function timeout(value: unknown): number {
  const isDecimal = typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
  const seconds = typeof value === 'number' || isDecimal ? Math.trunc(Number(value)) : 0;
  return seconds >= 5 && seconds <= 172_800 ? seconds : 3_600;
}
