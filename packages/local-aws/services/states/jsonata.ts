/**
 * JSONata as in Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html. JSONata
 * 2.0.6 without $eval, with $partition, $range, $hash, $random, $uuid and $parse, on the local cloud's clock.
 */
import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import type { Clock } from '../../clock.ts';
import { StateError } from './errors.ts';

/** The names that an expression sees: `$states`, and the variables by their own names. */
export type Bindings = Readonly<Record<string, unknown>>;

const algorithms = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

/** Evaluates templates, and caches the compiled expressions. */
export class Jsonata {
  readonly #clock: Clock;
  readonly #compiled = new Map<string, jsonata.Expression>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Evaluates every `{% … %}` in a JSON value.
   *
   * @param field the field's name, for the error's cause; nested keys are appended
   * @throws StateError States.QueryEvaluationError
   */
  async evaluate(template: unknown, field: string, bindings: Bindings): Promise<unknown> {
    if (typeof template === 'string') {
      const expression = /^\{%([\s\S]*)%\}$/.exec(template)?.[1]?.trim();
      return expression === undefined ? template : await this.#expression(expression, field, bindings);
    }
    if (Array.isArray(template)) {
      const elements: unknown[] = [];
      for (const [index, one] of template.entries())
        elements.push(await this.evaluate(one, `${field}[${index}]`, bindings));
      return elements;
    }
    if (typeof template !== 'object' || template === null) return template;
    const object: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(template)) {
      object[key] = await this.evaluate(value, `${field}/${key}`, bindings);
    }
    return object;
  }

  async #expression(expression: string, field: string, bindings: Bindings): Promise<unknown> {
    const subject = `The JSONata expression '${expression}' specified for the field '${field}'`;
    let value: unknown;
    try {
      value = await this.#compile(expression).evaluate(undefined, bindings);
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      const tail = code === undefined ? `: ${message}` : `. ${code}: ${message}`;
      throw new StateError('States.QueryEvaluationError', `${subject} threw an error during evaluation${tail}`);
    }
    if (value === undefined)
      throw new StateError('States.QueryEvaluationError', `${subject} returned nothing (undefined).`);
    // A function is not JSON; JSONata marks its sequences, and a copy drops the marks.
    const json = JSON.stringify(value);
    if (json === undefined || isFunction(value)) {
      throw new StateError('States.QueryEvaluationError', `${subject} returned an unsupported result type.`);
    }
    return JSON.parse(json);
  }

  #compile(expression: string): jsonata.Expression {
    const known = this.#compiled.get(expression);
    if (known !== undefined) return known;
    const compiled = jsonata(expression);
    const now = () => this.#clock.now();
    compiled.registerFunction('millis', now, '<:n>');
    compiled.registerFunction(
      'now',
      async (picture?: string, timezone?: string) =>
        await jsonata('$fromMillis(ms, picture, timezone)').evaluate({ ms: now(), picture, timezone }),
      '<s?s?:s>',
    );
    compiled.registerFunction('eval', () => {
      throw new Error('$eval is not supported');
    });
    compiled.registerFunction('partition', partition, '<an:a>');
    compiled.registerFunction('range', range, '<nnn:a>');
    compiled.registerFunction('hash', hash, '<ss:s>');
    compiled.registerFunction('random', random, '<n?:n>');
    compiled.registerFunction('uuid', () => randomUUID(), '<:s>');
    compiled.registerFunction('parse', (text: string) => JSON.parse(text), '<s:x>');
    this.#compiled.set(expression, compiled);
    return compiled;
  }
}

function isFunction(value: unknown): boolean {
  return (
    typeof value === 'function' ||
    (typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value))
  );
}

function partition(values: readonly unknown[], size: number): unknown[][] {
  if (!Number.isInteger(size) || size < 1) throw new Error('the size of a partition must be a positive integer');
  const parts: unknown[][] = [];
  for (let at = 0; at < values.length; at += size) parts.push(values.slice(at, at + size));
  return parts;
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new Error('the step of a range must not be 0');
  const values: number[] = [];
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) {
    if (values.push(value) > 1000) throw new Error('a range holds at most 1000 numbers');
  }
  return values;
}

function hash(data: string, algorithm: string): string {
  const name = algorithms.get(algorithm);
  if (name === undefined) throw new Error(`the algorithm ${algorithm} is none of ${[...algorithms.keys()].join(', ')}`);
  return createHash(name).update(data).digest('hex');
}

/** A number from 0 to below 1; always the same for a seed. */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  return createHash('sha256').update(String(seed)).digest().readUIntBE(0, 6) / 2 ** 48;
}
