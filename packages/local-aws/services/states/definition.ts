/**
 * State machine definitions in JSONata: the fields of each state,
 * https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html. A definition with an unknown field is
 * rejected.
 */
import * as v from 'valibot';
import { AwsError } from '../../gateway/service.ts';
import { isIntegration } from './integrations.ts';
import { RetrierSchema } from './retrier.ts';

/** A JSONata expression in its brackets: `{% … %}`. */
const ExpressionSchema = v.pipe(v.string(), v.regex(/^\{%[\s\S]*%\}$/, 'must be a JSONata expression in {% %}'));
const NameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(80));
const seconds = (min: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(99_999_999));
const assign = v.record(
  v.pipe(v.string(), v.regex(/^[\p{ID_Start}_][\p{ID_Continue}_]*$/u), v.maxLength(80)),
  v.unknown(),
);

const CatcherSchema = v.strictObject({
  ErrorEquals: v.pipe(v.array(v.string()), v.minLength(1)),
  Comment: v.optional(v.string()),
  Next: NameSchema,
  Output: v.optional(v.unknown()),
  Assign: v.optional(assign),
});
const common = {
  Comment: v.optional(v.string()),
  QueryLanguage: v.optional(v.literal('JSONata', 'JSONPath is not modelled here: say JSONata')),
};
const result = { Output: v.optional(v.unknown()), Assign: v.optional(assign) };
const onward = { Next: v.optional(NameSchema), End: v.optional(v.literal(true)) };
const handling = { Retry: v.optional(v.array(RetrierSchema)), Catch: v.optional(v.array(CatcherSchema)) };

const TaskSchema = v.strictObject({
  Type: v.literal('Task'),
  ...common,
  ...result,
  ...onward,
  ...handling,
  Resource: v.pipe(
    v.string(),
    v.check(isIntegration, (issue) => `${issue.input} is no integration that is modelled here`),
  ),
  Arguments: v.union([v.record(v.string(), v.unknown()), ExpressionSchema]),
  TimeoutSeconds: v.optional(v.union([seconds(1), ExpressionSchema])),
  HeartbeatSeconds: v.optional(v.union([seconds(1), ExpressionSchema])),
});
const ChoiceSchema = v.strictObject({
  Type: v.literal('Choice'),
  ...common,
  ...result,
  Choices: v.pipe(
    v.array(
      v.strictObject({
        Condition: v.union([ExpressionSchema, v.boolean()]),
        Next: NameSchema,
        Comment: v.optional(v.string()),
        ...result,
      }),
    ),
    v.minLength(1),
  ),
  Default: v.optional(NameSchema),
});
const PassSchema = v.strictObject({ Type: v.literal('Pass'), ...common, ...result, ...onward });
const WaitSchema = v.strictObject({
  Type: v.literal('Wait'),
  ...common,
  ...result,
  ...onward,
  Seconds: v.union([seconds(0), ExpressionSchema]),
});
const SucceedSchema = v.strictObject({ Type: v.literal('Succeed'), ...common, Output: v.optional(v.unknown()) });
const FailSchema = v.strictObject({
  Type: v.literal('Fail'),
  ...common,
  Error: v.optional(v.string()),
  Cause: v.optional(v.string()),
});
const StateSchema = v.variant('Type', [TaskSchema, ChoiceSchema, PassSchema, WaitSchema, SucceedSchema, FailSchema]);
const DefinitionSchema = v.strictObject({
  // First, so that a JSONPath definition gets this message, and not one about its states.
  QueryLanguage: v.optional(
    v.literal('JSONata', 'the definition must say "QueryLanguage": "JSONata"; JSONPath is not modelled here'),
    // The default of a definition without the field, which the literal then rejects.
    'JSONPath' as 'JSONata',
  ),
  Comment: v.optional(v.string()),
  StartAt: NameSchema,
  States: v.record(NameSchema, StateSchema),
  Version: v.optional(v.literal('1.0')),
  TimeoutSeconds: v.optional(seconds(1)),
});

export type Catcher = v.InferOutput<typeof CatcherSchema>;
export type TaskState = v.InferOutput<typeof TaskSchema>;
export type ChoiceState = v.InferOutput<typeof ChoiceSchema>;
export type WaitState = v.InferOutput<typeof WaitSchema>;
export type State =
  | TaskState
  | ChoiceState
  | WaitState
  | v.InferOutput<typeof PassSchema>
  | v.InferOutput<typeof SucceedSchema>
  | v.InferOutput<typeof FailSchema>;

/** A checked definition. */
export interface Definition {
  readonly Comment?: string | undefined;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly QueryLanguage: 'JSONata';
  readonly TimeoutSeconds?: number | undefined;
}

/** The types in the message for an unsupported type, such as Map or Parallel. */
const knownTypes = 'Task, Choice, Pass, Wait, Succeed, Fail';

/**
 * Parses and checks a definition.
 *
 * @throws AwsError InvalidDefinition that names the state, the field and what is wrong with it
 */
export function readDefinition(text: string): Definition {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw invalid(`INVALID_JSON_DESCRIPTION: ${String(error)}`);
  }
  const read = v.safeParse(DefinitionSchema, parsed);
  if (!read.success) {
    const [issue] = read.issues;
    const hint =
      v.getDotPath(issue)?.endsWith('.Type') === true ? ` (state types that are modelled here: ${knownTypes})` : '';
    throw invalid(
      `SCHEMA_VALIDATION_FAILED: ${issue.message} at /${v.getDotPath(issue)?.replaceAll('.', '/') ?? ''}${hint}`,
    );
  }
  checkStates(read.output);
  return read.output;
}

function checkStates({ StartAt, States }: Definition): void {
  const reached = new Set([StartAt]);
  for (const [name, state] of Object.entries(States)) {
    const at = `/States/${name}`;
    for (const next of nextStates(state)) {
      if (next !== name) reached.add(next);
      if (!Object.hasOwn(States, next))
        throw invalid(`MISSING_TRANSITION_TARGET: Missing 'Next' target: ${next} at ${at}`);
    }
    checkState(state, at);
  }
  if (!Object.hasOwn(States, StartAt)) {
    throw invalid(`MISSING_TRANSITION_TARGET: Missing 'StartAt' target: ${StartAt} at /StartAt`);
  }
  const lost = Object.keys(States).find((name) => !reached.has(name));
  if (lost !== undefined)
    throw invalid(`MISSING_TRANSITION_TARGET: State "${lost}" is not reachable. at /States/${lost}`);
}

function checkState(state: State, at: string): void {
  if ('Next' in state || 'End' in state || ['Task', 'Pass', 'Wait'].includes(state.Type)) {
    const { Next, End } = state as { Next?: string; End?: true };
    if ((Next === undefined) === (End === undefined)) {
      throw invalid(`SCHEMA_VALIDATION_FAILED: exactly one of Next and End must be there at ${at}`);
    }
  }
  if (state.Type === 'Task') {
    const { TimeoutSeconds, HeartbeatSeconds } = state;
    if (
      typeof TimeoutSeconds === 'number' &&
      typeof HeartbeatSeconds === 'number' &&
      HeartbeatSeconds >= TimeoutSeconds
    ) {
      throw invalid(`SCHEMA_VALIDATION_FAILED: HeartbeatSeconds must be smaller than TimeoutSeconds at ${at}`);
    }
    checkNames(state.Retry ?? [], `${at}/Retry`);
    checkNames(state.Catch ?? [], `${at}/Catch`);
    for (const { MaxDelaySeconds, IntervalSeconds = 1 } of state.Retry ?? []) {
      if (MaxDelaySeconds !== undefined && MaxDelaySeconds <= IntervalSeconds) {
        throw invalid(`SCHEMA_VALIDATION_FAILED: MaxDelaySeconds must be greater than IntervalSeconds at ${at}/Retry`);
      }
    }
  }
}

/** `States.ALL` must be the only name in its list, and in the last list. */
function checkNames(handlers: readonly { readonly ErrorEquals: readonly string[] }[], at: string): void {
  handlers.forEach(({ ErrorEquals }, index) => {
    if (!ErrorEquals.includes('States.ALL')) return;
    if (ErrorEquals.length > 1 || index < handlers.length - 1) {
      throw invalid(
        `SCHEMA_VALIDATION_FAILED: States.ALL must be alone in its list and in the last one at ${at}[${index}]`,
      );
    }
  });
}

function nextStates(state: State): readonly string[] {
  const names: (string | undefined)[] = [];
  if ('Next' in state) names.push(state.Next);
  if (state.Type === 'Choice') names.push(state.Default, ...state.Choices.map((choice) => choice.Next));
  if (state.Type === 'Task') names.push(...(state.Catch ?? []).map((one) => one.Next));
  return names.filter((name) => name !== undefined);
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${reason}'`);
}
