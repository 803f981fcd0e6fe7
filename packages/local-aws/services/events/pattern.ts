/**
 * The event patterns of EventBridge, as
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and eb-event-patterns.html
 * describe them. Pure: it compiles a pattern to a test of events.
 */
import { AwsError } from '../../gateway/service.ts';

/** Whether an event, parsed from its JSON, matches. */
export type EventTest = (event: unknown) => boolean;

/**
 * Checks one rule of a list against a field's leaves: its scalars, each of an array's elements, none if the field is
 * absent.
 */
type LeafRule = (leaves: readonly Scalar[]) => boolean;
type Scalar = string | number | boolean | null;

/**
 * Compiles a pattern.
 *
 * @param pattern the parsed JSON of a rule's EventPattern
 * @throws AwsError InvalidEventPatternException that names the field and what is wrong, also for unsupported operators
 */
export function compilePattern(pattern: unknown): EventTest {
  return compileObject(pattern, '');
}

function compileObject(pattern: unknown, path: string): EventTest {
  if (!isRecord(pattern)) throw invalid(`${path || 'the pattern'} must be an object or an array`);
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw invalid(`Empty objects are not allowed at ${path || 'the top'}`);
  const tests = entries.map(([key, value]) => compileField(key, value, path === '' ? key : `${path}.${key}`));
  const test: EventTest = (event) => {
    // All fields must match in the same element: EventBridge keeps an array's objects apart.
    if (Array.isArray(event)) return event.some(test);
    const record = isRecord(event) ? event : {};
    return tests.every((one) => one(record));
  };
  return test;
}

function compileField(key: string, value: unknown, path: string): (event: Record<string, unknown>) => boolean {
  if (key.startsWith('$')) throw invalid(`${path}: ${key} is not modelled here`);
  if (Array.isArray(value)) {
    if (value.length === 0) throw invalid(`Empty arrays are not allowed at ${path}`);
    const rules = value.map((rule) => compileRule(rule, path));
    return (event) => {
      const leaves = leavesOf(event[key]);
      return rules.some((rule) => rule(leaves));
    };
  }
  if (!isRecord(value)) throw invalid(`"${path}" must be an object or an array`);
  const nested = compileObject(value, path);
  return (event) => nested(event[key]);
}

function compileRule(rule: unknown, path: string): LeafRule {
  if (isScalar(rule)) return (leaves) => leaves.includes(rule);
  if (!isRecord(rule)) throw invalid(`${path}: a list holds values and operators, not lists`);
  const [operator, operand, ...others] = Object.entries(rule).flat();
  if (typeof operator !== 'string' || others.length > 0) {
    throw invalid(`${path}: one operator an object, not ${JSON.stringify(rule)}`);
  }
  const holds = scalarTest(operator, operand, path);
  return (leaves) => leaves.some(holds);
}

function scalarTest(operator: string, operand: unknown, path: string): (value: Scalar) => boolean {
  switch (operator) {
    case 'prefix': {
      if (typeof operand !== 'string') throw invalid(`${path}: prefix takes a string, not ${JSON.stringify(operand)}`);
      return (value) => typeof value === 'string' && value.startsWith(operand);
    }
    case 'anything-but':
      return anythingBut(operand, path);
    default:
      throw invalid(`${path}: the operator ${operator} is not modelled here (known: prefix, anything-but)`);
  }
}

/** `anything-but` matches a present value that is none of those named; it never matches an absent field. */
function anythingBut(operand: unknown, path: string): (value: Scalar) => boolean {
  const values = Array.isArray(operand) ? operand : [operand];
  if (values.length === 0 || !values.every((value) => typeof value === 'string' || typeof value === 'number')) {
    throw invalid(`${path}: anything-but takes strings or numbers`);
  }
  const others: readonly unknown[] = values;
  return (value) => !others.includes(value);
}

function leavesOf(value: unknown): readonly Scalar[] {
  if (Array.isArray(value)) return value.flatMap((element) => leavesOf(element));
  return isScalar(value) ? [value] : [];
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
