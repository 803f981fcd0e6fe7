/**
 * The engine behind the tables: dynalite, in memory and without its HTTP server. Its validations and actions are called
 * like its own server does, so expressions, conditions and error messages are dynalite's.
 */
import { createRequire } from 'node:module';
import type { Clock } from '../../clock.ts';
import { AwsError, type Environment } from '../../gateway/service.ts';

interface Store {
  readonly tableDb: { awsAccountId: string; awsRegion: string };
}
interface Failure extends Error {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string; readonly Message?: string };
}
type Action = (store: Store, data: object, done: (error: Failure | null | undefined, answer: unknown) => void) => void;
interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}
interface Validations {
  checkTypes(data: object, types: object): object;
  checkValidations(data: object, types: object, custom: unknown, store: Store): void;
}

const require = createRequire(import.meta.url);
const validations: Validations = require('dynalite/validations');
const database: { create(options: object): Store } = require('dynalite/db');

/** The supported actions. */
const names = [
  'createTable',
  'deleteTable',
  'describeTable',
  'getItem',
  'putItem',
  'updateItem',
  'deleteItem',
  'query',
  'scan',
  'batchGetItem',
  'batchWriteItem',
] as const;

/** One of dynalite's actions. */
export type ActionName = (typeof names)[number];

const actions = new Map(
  names.map((name) => {
    const action: Action = require(`dynalite/actions/${name}`);
    const validation: Validation = require(`dynalite/validations/${name}`);
    return [name, { action, validation }];
  }),
);

interface ParsedCondition {
  readonly pathHeads: Readonly<Record<string, true>>;
}

/** The parts of a parsed request that are used here. */
export interface Parsed {
  readonly _updates?: { readonly sections: readonly { readonly path: readonly unknown[]; readonly val?: unknown }[] };
  readonly _condition?: ParsedCondition;
  readonly _keyCondition?: ParsedCondition;
  readonly _filter?: ParsedCondition;
  readonly _projection?: { readonly paths: readonly (readonly unknown[])[] };
  readonly AttributeUpdates?: object;
  readonly Expected?: object;
  readonly AttributesToGet?: readonly string[];
  readonly RequestItems?: Readonly<Record<string, Parsed>>;
}

/** A store of tables. */
export class Engine {
  readonly #clock: Clock;
  readonly #store: Store;

  constructor(clock: Clock, env: Environment) {
    this.#clock = clock;
    this.#store = database.create({ createTableMs: 0, deleteTableMs: 0 });
    this.#store.tableDb.awsAccountId = env.account;
    this.#store.tableDb.awsRegion = env.region;
  }

  /**
   * Runs one action. The clock stands still meanwhile.
   *
   * @param input as JSON on the wire: binary values are refused
   * @throws AwsError like DynamoDB
   */
  async run(name: ActionName, input: object): Promise<unknown> {
    const release = this.#clock.hold();
    try {
      return await new Promise((resolve, reject) => {
        const { action, data } = this.#validated(name, input);
        action(this.#store, data, (error, answer) => (error ? reject(error) : resolve(structuredClone(answer))));
      });
    } catch (error) {
      throw toAwsError(error as Failure);
    } finally {
      release();
    }
  }

  /** Parses a request's expressions. @returns undefined if the request is malformed */
  parse(name: ActionName, input: object): Parsed | undefined {
    try {
      return this.#validated(name, input).data;
    } catch {
      return undefined;
    }
  }

  #validated(name: ActionName, input: object): { readonly action: Action; readonly data: object } {
    const found = actions.get(name);
    if (found === undefined) throw new AwsError('UnknownOperationException', name);
    const { action, validation } = found;
    // A copy: validation writes the parsed expressions into its data, and the store keeps the original.
    const data = validations.checkTypes(structuredClone(input), validation.types);
    validations.checkValidations(data, validation.types, validation.custom, this.#store);
    return { action, data };
  }

  /** Creates a table and waits until it is active. */
  async createTable(input: { readonly TableName: string }): Promise<void> {
    await this.run('createTable', input);
    const release = this.#clock.hold();
    try {
      for (;;) {
        const answer = (await this.run('describeTable', { TableName: input.TableName })) as {
          Table: { TableStatus: string };
        };
        if (answer.Table.TableStatus === 'ACTIVE') return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      release();
    }
  }

  /** Deletes a table and waits until it is gone. */
  async deleteTable(TableName: string): Promise<void> {
    await this.run('deleteTable', { TableName });
    const release = this.#clock.hold();
    try {
      while (await this.#has(TableName)) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      release();
    }
  }

  async #has(TableName: string): Promise<boolean> {
    try {
      await this.run('describeTable', { TableName });
      return true;
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return false;
      throw error;
    }
  }
}

function toAwsError(error: Failure): Error {
  const { body, statusCode = 400 } = error;
  if (body === undefined) return error;
  return new AwsError(body.__type.split('#').at(-1) ?? body.__type, body.message ?? body.Message ?? '', statusCode);
}
