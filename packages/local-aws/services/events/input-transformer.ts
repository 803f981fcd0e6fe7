/**
 * How a rule changes an event for its target:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
import * as v from 'valibot';
import { AwsError } from '../../gateway/service.ts';
import type { BusEvent, InputTransformer } from './deliveries.ts';

/**
 * Only dots, dashes, underscores and letters are supported in paths here: EventBridge also has indices and wildcards.
 */
const pathForm = /^\$(\.[\w-]+)+$/;
const nameForm = /^(?!aws\.)[\w.-]+$/i;

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html */
export const InputTransformerSchema = v.strictObject({
  InputPathsMap: v.optional(
    v.pipe(
      v.record(v.pipe(v.string(), v.regex(nameForm)), v.pipe(v.string(), v.regex(pathForm, 'a path like $.detail.id'))),
      v.maxEntries(100),
    ),
    {},
  ),
  InputTemplate: v.pipe(v.string(), v.minLength(1), v.maxLength(8_192)),
});

/**
 * What a target receives in place of an event: a JSON object, or lines that are each a quoted text. A variable whose
 * path the event lacks is left out.
 *
 * @throws AwsError if the result is neither
 */
export function transformInput({ InputPathsMap, InputTemplate }: InputTransformer, event: BusEvent): string {
  const values = new Map(Object.entries(InputPathsMap).map(([name, path]) => [name, valueAt(event, path)]));
  const result = InputTemplate.replaceAll(/<([\w.-]+)>/g, (whole, name: string, at: number) => {
    if (!values.has(name)) throw new AwsError('InvalidInputTemplate', `Invalid InputTemplate: ${whole} has no path`);
    const value = values.get(name);
    if (value === undefined) return '';
    if (!isInText(InputTemplate, at)) return JSON.stringify(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
  const parts = InputTemplate.trimStart().startsWith('{') ? [result] : result.split('\n');
  for (const part of parts) {
    try {
      JSON.parse(part);
    } catch {
      throw new AwsError('InvalidInputTemplate', `Invalid InputTemplate: ${part.slice(0, 200)} is no valid JSON`);
    }
  }
  return result;
}

function valueAt(event: BusEvent, path: string): unknown {
  const keys = path.split('.').slice(1);
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
}

/** Whether a position in a template is between quotes. */
function isInText(template: string, at: number): boolean {
  return (template.slice(0, at).match(/(?<!\\)"/g) ?? []).length % 2 === 1;
}
