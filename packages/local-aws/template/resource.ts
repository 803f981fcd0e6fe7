import type { Clock } from '../clock.ts';
import type { Aws, Environment } from '../gateway/service.ts';

/** What a resource type may use while it creates a resource. */
export interface Stack {
  readonly name: string;
  /** `AWS::StackId`. */
  readonly id: string;
  /** Tells names apart: empty at first, other if a stack is made again or a resource is replaced. */
  readonly incarnation: string;
  readonly env: Environment;
  readonly clock: Clock;
  readonly aws: Aws;
  /** The folder of the cloud assembly: assets lie in it. */
  readonly assembly: string;
}

/** A resource after its creation, as the template's intrinsics see it. */
export interface Created {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives, by attribute name (dots for nested ones). */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What an update changes. */
export interface Change {
  /** The resource's name in the template. */
  readonly logicalId: string;
  /** The properties that it has, and those that it should have, with every intrinsic resolved. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/** One CloudFormation resource type that the local cloud knows. */
export interface ResourceType {
  /** For instance `AWS::SQS::Queue`. */
  readonly type: string;
  /** Every property that `create` honours; a template that sets another one is refused by name. `*` where the type takes any. */
  readonly properties: readonly string[];
  /**
   * Looks at a resource before anything of the template is made, for what can be refused by then: a state type, an operator of a pattern.
   *
   * @param properties the properties as far as they are known by then
   * @throws if `create` would refuse the same
   */
  foresee?(properties: Readonly<Record<string, unknown>>): void;
  /**
   * Makes the resource.
   *
   * @param logicalId its name in the template
   * @param properties the properties with every intrinsic resolved
   * @param type the type that the template names: it differs from `this.type` for custom resources alone
   */
  create(
    logicalId: string,
    properties: Readonly<Record<string, unknown>>,
    stack: Stack,
    type: string,
  ): Created | Promise<Created>;
  /** Changes the resource in place. Another `ref` in the answer means that it was replaced, and the one before is removed later. */
  update?(created: Created, change: Change, stack: Stack): Created | Promise<Created>;
  /** Deletes the resource when its stack is deleted; a resource whose type has no such way goes with the cloud. */
  remove?(
    created: Created,
    logicalId: string,
    stack: Stack,
    properties: Readonly<Record<string, unknown>>,
  ): void | Promise<void>;
}
