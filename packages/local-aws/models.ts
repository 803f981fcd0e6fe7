/** AWS's own models of its services, as an oracle for the calls of a local cloud. */
import { Gateway } from './gateway/gateway.ts';
import type { AnsweredCall } from './gateway/observed.ts';
import { checkCall } from './models/check-call.ts';
import { isDated, isLater } from './models/dated.ts';
import { readServiceModel, type ServiceModel } from './models/service-model.ts';

export { findModels } from './models/service-model.ts';

/** Compares every call of every local cloud in this process with the models. */
export class ModelWatch {
  /** How many calls were compared. */
  calls = 0;
  readonly #folder: string;
  readonly #dated: boolean;
  readonly #models = new Map<string, ServiceModel | undefined>();
  readonly #observe = (call: AnsweredCall): void => this.#compare(call);
  #found = new Set<string>();

  /** @param folder where the models are */
  constructor(folder: string) {
    this.#folder = folder;
    this.#dated = isDated(readServiceModel(folder, 'eks'));
    Gateway.observers.add(this.#observe);
  }

  /** Takes the differences since the last time, one sentence each. */
  take(): readonly string[] {
    const found = [...this.#found];
    this.#found = new Set();
    return found;
  }

  stop(): void {
    Gateway.observers.delete(this.#observe);
  }

  #compare(call: AnsweredCall): void {
    if (!this.#models.has(call.service)) {
      this.#models.set(call.service, readServiceModel(this.#folder, call.service));
    }
    const model = this.#models.get(call.service);
    if (model === undefined) return;
    this.calls += 1;
    for (const difference of checkCall(model, call)) {
      if (!this.#dated || !isLater(difference)) this.#found.add(difference);
    }
  }
}
