import type { Clock } from '../clock.ts';
import type { Aws, Environment } from '../gateway/service.ts';

/** The stack, as a resource type uses it while creating a resource. */
export interface Stack {
  readonly name: string;
  /** `AWS::StackId`. */
  readonly id: string;
  /** Makes names unique: empty at first, different if a stack is recreated or a resource is replaced. */
  readonly incarnation: string;
  readonly env: Environment;
  readonly clock: Clock;
  readonly aws: Aws;
  /** The cloud assembly's folder, which contains the assets. */
  readonly assembly: string;
}

/** A created resource, as the template's intrinsics see it. */
export interface Created {
  /** The value of `Ref`. */
  readonly ref: string;
  /** The values of `Fn::GetAtt`, by attribute name (dots for nested ones). */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The properties before and after an update. */
export interface Change {
  /** The resource's name in the template. */
  readonly logicalId: string;
  /** The current and the desired properties, with every intrinsic resolved. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/** One supported CloudFormation resource type. */
export interface ResourceType {
  /** For instance `AWS::SQS::Queue`. */
  readonly type: string;
  /**
   * Every property that `create` supports; a template with any other is refused by name. `*` if the type accepts any.
   */
  readonly properties: readonly string[];
  /**
   * Checks a resource before any of the template is created, for what can be refused early: a state type, an operator
   * in a pattern.
   *
   * @param properties the properties as far as they are known by then
   * @throws if `create` would refuse them
   */
  foresee?(properties: Readonly<Record<string, unknown>>): void;
  /**
   * Creates the resource.
   *
   * @param logicalId its name in the template
   * @param properties the properties with every intrinsic resolved
   * @param type the type in the template: it differs from `this.type` only for custom resources
   */
  create(
    logicalId: string,
    properties: Readonly<Record<string, unknown>>,
    stack: Stack,
    type: string,
  ): Created | Promise<Created>;
  /**
   * Changes the resource in place. Another `ref` in the answer means that it was replaced; the previous one is removed
   * later.
   */
  update?(created: Created, change: Change, stack: Stack): Created | Promise<Created>;
  /** Deletes the resource with its stack; without this function the resource ends with the cloud. */
  remove?(
    created: Created,
    logicalId: string,
    stack: Stack,
    properties: Readonly<Record<string, unknown>>,
  ): void | Promise<void>;
}
