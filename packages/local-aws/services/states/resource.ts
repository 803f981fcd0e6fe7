/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
 */
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import * as v from 'valibot';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { BooleanSchema, propertyNames, readProperties, TagsSchema } from '../properties.ts';
import { readDefinition } from './definition.ts';
import type { Execution } from './execution.ts';

const LoggingSchema = v.strictObject({
  Level: v.optional(v.picklist(['ALL', 'ERROR', 'FATAL', 'OFF']), 'OFF'),
  IncludeExecutionData: v.optional(BooleanSchema, false),
  Destinations: v.optional(
    v.pipe(
      v.array(v.strictObject({ CloudWatchLogsLogGroup: v.strictObject({ LogGroupArn: v.string() }) })),
      v.maxLength(1),
    ),
    [],
  ),
});

const StateMachineSchema = v.strictObject({
  StateMachineName: v.optional(v.pipe(v.string(), v.maxLength(80))),
  StateMachineType: v.optional(v.literal('STANDARD', 'only STANDARD is modelled here'), 'STANDARD'),
  DefinitionString: v.string(),
  DefinitionSubstitutions: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])), {}),
  RoleArn: v.string(),
  LoggingConfiguration: v.optional(LoggingSchema),
  // Traces go to X-Ray, and nothing here reads them.
  TracingConfiguration: v.optional(v.strictObject({ Enabled: v.optional(BooleanSchema) })),
  Tags: v.optional(TagsSchema),
});

type Logging = v.InferOutput<typeof LoggingSchema>;
type Write = (logGroup: string, stream: string, message: string) => void;

/** A state machine's settings. */
export interface MachineSettings {
  readonly name: string;
  readonly roleArn: string;
  readonly definitionText: string;
  /** Receives each event of the machine's executions as it is written. */
  readonly watch?: (execution: Execution, event: HistoryEvent) => void;
}

/** The store of the state machines. */
interface StateMachines {
  create(settings: MachineSettings): string;
  update(arn: string, settings: MachineSettings): void;
  remove(arn: string): void;
}

/** `AWS::StepFunctions::StateMachine`. */
export function stateMachineResourceType(states: StateMachines, write: Write | undefined): ResourceType {
  return {
    type: 'AWS::StepFunctions::StateMachine',
    properties: propertyNames(StateMachineSchema),
    foresee({ DefinitionString }) {
      if (typeof DefinitionString === 'string') readDefinition(DefinitionString);
    },
    create(logicalId, properties, stack) {
      const read = readProperties(this.type, logicalId, StateMachineSchema, properties);
      const name = read.StateMachineName ?? physicalName(stack, logicalId, 80);
      const arn = states.create(settingsOf(name, read));
      return { ref: arn, attributes: { Arn: arn, Name: name } };
    },
    update(created, { logicalId, after }) {
      const read = readProperties(this.type, logicalId, StateMachineSchema, after);
      states.update(created.ref, settingsOf(String(created.attributes['Name']), read));
      return created;
    },
    remove: ({ ref }) => states.remove(ref),
  };

  function settingsOf(name: string, read: v.InferOutput<typeof StateMachineSchema>): MachineSettings {
    const definitionText = read.DefinitionString.replaceAll(/\$\{([^}]+)\}/g, (placeholder, key: string) => {
      const value = read.DefinitionSubstitutions[key];
      return value === undefined ? placeholder : String(value);
    });
    const watch = write === undefined ? undefined : logger(read.LoggingConfiguration, write);
    return { name, roleArn: read.RoleArn, definitionText, ...(watch === undefined ? {} : { watch }) };
  }
}

const problems = /(Failed|TimedOut|Aborted)$/;

/** Writes events as https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html shows them. */
function logger(logging: Logging | undefined, write: Write) {
  const group = logging?.Destinations[0]?.CloudWatchLogsLogGroup.LogGroupArn.split(':')[6];
  if (logging === undefined || group === undefined || logging.Level === 'OFF') return undefined;
  const { Level, IncludeExecutionData } = logging;
  return (execution: Execution, event: HistoryEvent) => {
    const type = event.type ?? '';
    const wanted = Level === 'ALL' || (problems.test(type) && (Level === 'ERROR' || type.startsWith('Execution')));
    if (!wanted) return;
    const { id, previousEventId, timestamp, type: _type, ...rest } = event;
    const details = Object.values(rest)[0] ?? {};
    const shown = IncludeExecutionData ? details : withoutData(details);
    const message = {
      id: String(id),
      type,
      details: shown,
      previous_event_id: String(previousEventId),
      event_timestamp: String(timestamp?.getTime()),
      execution_arn: execution.arn,
    };
    write(
      group,
      `states/${execution.machine.name}/${execution.startDate.toISOString().slice(0, 13)}`,
      JSON.stringify(message),
    );
  };
}

function withoutData(details: object): object {
  const data = new Set(['input', 'output', 'parameters', 'cause', 'error']);
  return Object.fromEntries(Object.entries(details).filter(([name]) => !data.has(name)));
}
