import { type Clock, VirtualClock } from './clock.ts';
import type { Core, PartMaker } from './core.ts';
import { Gateway } from './gateway/gateway.ts';
import type { Faults, JournalEntry } from './gateway/observed.ts';
import type { Sdk } from './gateway/sdk.ts';
import { type Aws, type Environment, here, type Service } from './gateway/service.ts';
import type { WireRequest, WireResponse } from './gateway/wire.ts';
import { Iam } from './iam/iam.ts';
import { Lambda } from './lambda/lambda.ts';
import { Networks } from './network/networks.ts';
import type { Part } from './part.ts';
import { CloudFormation } from './services/cloudformation.ts';
import { networkPart } from './services/ec2/security-groups.ts';
import { iamPart } from './services/iam.ts';
import { lambdaPart } from './services/lambda/lambda.ts';
import { Logs } from './services/logs/logs.ts';
import { stsPart } from './services/sts.ts';
import { type Deployed, Stacks } from './template/deployment.ts';
import type { ResourceType } from './template/resource.ts';
import { TemplateError } from './template/template-error.ts';

/** What lies beyond AWS, as far as functions may reach it. */
export interface Internet {
  readonly hosts: readonly string[];
  answer(request: WireRequest): WireResponse | Promise<WireResponse>;
}

/** The options of a cloud. */
export interface CloudOptions {
  readonly clock: Clock;
  readonly env?: Environment;
  /** Services besides those that every cloud has: iam, lambda, logs, sts. */
  readonly services?: readonly Service[];
  readonly resourceTypes?: readonly ResourceType[];
  /** Services that need the cloud around them, for instance to call each other. */
  readonly parts?: readonly PartMaker[];
  readonly faults?: Faults;
  /** Hosts that functions reach besides AWS; none by default. */
  readonly internet?: Internet;
}

/** A cloud that runs one synthesized app, in this process. */
export class LocalCloud {
  readonly core: Core;
  readonly iam: Iam;
  readonly lambda: Lambda;
  readonly logs: Logs;
  readonly #gateway: Gateway;
  readonly #cloudFormation: CloudFormation;
  readonly #parts: readonly Part[];
  readonly #internet: Internet | undefined;
  readonly #stacks: Stacks;
  #outputs: Readonly<Record<string, string>> = {};

  private constructor({
    clock,
    env = here,
    parts = [],
    services = [],
    resourceTypes = [],
    faults,
    internet,
  }: CloudOptions) {
    const iam = new Iam(env, clock);
    const logs = new Logs(clock, env);
    const aws = new Gateway(clock, iam, faults);
    let count = 0;
    const ids = () => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, '0')}`;
    const handle = (request: WireRequest) => this.handle(request);
    const networks = new Networks();
    const serves = (host: string) => internet?.hosts.includes(host) === true;
    this.#internet = internet;
    const lambda = new Lambda({ clock, env, iam, logs, aws, serves, handle, ids, networks });
    this.core = { env, clock, aws, iam, lambda, networks };
    this.iam = iam;
    this.lambda = lambda;
    this.logs = logs;
    this.#gateway = aws;
    this.#cloudFormation = new CloudFormation(this.core, {
      listed: () => this.resources,
      remove: (name) => this.#stacks.life(name)?.delete() ?? Promise.resolve(),
    });
    this.#parts = [
      this.#cloudFormation.part(),
      logs.part(),
      iamPart(this.core),
      lambdaPart(this.core),
      networkPart(this.core),
      stsPart(this.core),
      { services, resourceTypes },
      ...parts.map((make) => make(this.core)),
    ];
    const types = this.#parts.flatMap((part) => part.resourceTypes ?? []);
    this.#stacks = new Stacks({ env, clock, aws, types });
  }

  /** Opens an account without deployments. */
  static async open(options: CloudOptions): Promise<LocalCloud> {
    const cloud = new LocalCloud(options);
    for (const part of cloud.#parts) {
      for (const service of part.services ?? []) await cloud.#gateway.register(service);
    }
    return cloud;
  }

  /**
   * Creates every resource of a cloud assembly, in its own account.
   *
   * @param assembly the folder that `cdk synth` wrote
   * @throws TemplateError if the assembly uses something unsupported, or a resource cannot be created
   */
  static async deploy(assembly: string, options: CloudOptions): Promise<LocalCloud> {
    const cloud = await LocalCloud.open(options);
    try {
      await cloud.deploy(assembly);
    } catch (error) {
      await cloud.stop();
      throw error;
    }
    return cloud;
  }

  /**
   * Creates the stacks of a cloud assembly, or updates existing ones, like `cdk deploy`.
   *
   * @throws TemplateError with the resource and the reason; the stack is then as it was before
   */
  deploy(assembly: string): Promise<void> {
    return this.#settled(this.#stacks.deploy(assembly)).finally(() => this.#keepOutputs());
  }

  /** A stack's status, as CloudFormation names it. */
  status(stack: string): string {
    return this.#stacks.life(stack)?.status ?? 'NONE';
  }

  /** Changes a custom resource's properties, like an update of its stack. A failure is rolled back and thrown. */
  update(
    logicalIdOrPath: string,
    properties: Readonly<Record<string, unknown>>,
    putBack?: () => void,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { stack, logicalId } = this.resource(logicalIdOrPath);
    const life = this.#stacks.life(stack);
    if (life === undefined) throw new TemplateError(`there is no stack ${stack}`);
    return this.#settled(life.change(logicalId, properties, putBack));
  }

  /** Deletes the stacks' resources, in reverse order of creation. */
  destroy(): Promise<void> {
    return this.#settled(this.#stacks.delete()).finally(() => this.#keepOutputs());
  }

  /** Outputs are kept because every step of a run reads them. */
  #keepOutputs(): void {
    this.#outputs = this.#stacks.outputs;
  }

  /** On a virtual clock a custom resource may need time to pass, so the clock runs until the work is done. */
  async #settled<T>(work: Promise<T>): Promise<T> {
    const { clock } = this.core;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    if (clock instanceof VirtualClock) await clock.run(() => settled);
    if (clock instanceof VirtualClock && !settled)
      throw new TemplateError('the deployment waits for something that never happens');
    return work;
  }

  /** Outputs of the stacks by name, and by `<stack>.<name>`. */
  get outputs(): Readonly<Record<string, string>> {
    return this.#outputs;
  }

  /** How often each operation was called, for instance `ssm:SendCommand`. */
  get calls(): ReadonlyMap<string, number> {
    return this.#gateway.calls;
  }

  /** Every call in the order of arrival. */
  get journal(): readonly JournalEntry[] {
    return this.#gateway.journal;
  }

  /** Empties the journal: in a run of days it would outgrow the memory. Counts of calls stay. */
  clearJournal(): void {
    this.#gateway.journal.length = 0;
  }

  get aws(): Aws {
    return this.core.aws;
  }

  /** Plants faults from now on, in place of earlier ones. */
  set faults(faults: Faults) {
    this.#gateway.faults = faults;
  }

  /** Every resource, in order of creation. */
  get resources(): readonly Deployed[] {
    return this.#stacks.resources;
  }

  /**
   * Finds one resource by its logical id, by its path in the construct tree, or by the end of that path
   * (`Admission/Function`).
   *
   * @throws Error if none or more than one matches
   */
  resource(logicalIdOrPath: string): Deployed {
    const wanted = logicalIdOrPath.replace(/\/Resource$/, '');
    const exact = this.resources.filter(({ logicalId, path }) => {
      return logicalId === logicalIdOrPath || path === logicalIdOrPath || path === `${wanted}/Resource`;
    });
    const found =
      exact.length > 0
        ? exact
        : this.resources.filter(({ path }) => path?.replace(/\/Resource$/, '').endsWith(`/${wanted}`));
    const [only, ...others] = found;
    if (only !== undefined && others.length === 0) return only;
    const what =
      found.length === 0 ? 'no resource' : `${found.length} resources (${found.map(({ path }) => path).join(', ')})`;
    throw new Error(`${what} with the logical id or path ${logicalIdOrPath}`);
  }

  /** Answers an HTTP request to an AWS host, or to one of its internet, as received over the wire. */
  async handle(request: WireRequest): Promise<WireResponse> {
    if (this.#internet?.hosts.includes(request.host)) return this.#internet.answer(request);
    if (request.host === this.#cloudFormation.host) return this.#cloudFormation.receive(request);
    return this.#gateway.handle(request);
  }

  /** The SDK's model of one of the cloud's services. */
  sdk(service: string): Sdk | undefined {
    return this.#gateway.registered(service)?.sdk;
  }

  /** Ends everything that runs in it. */
  async stop(): Promise<void> {
    for (const part of this.#parts) await part.stop?.();
  }
}
