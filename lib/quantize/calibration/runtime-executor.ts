import { Failure } from '../../failure.js';
import type { Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { TensorMap } from '../../tensor.js';
import type { Counted, CountingOptions } from './counted.js';
import { type CountedModel, Counter } from './counter.js';
import type { Executor } from './executor.js';
import type { Group } from './groups.js';
import { type ObservedTensor, withObservedOutputs } from './observed-tensors.js';

/** Opens a model in some runtime. */
export type RuntimeOpener = (model: Model) => Promise<Runtime>;

/** Runs the model by a runtime of this process. */
export class RuntimeExecutor implements Executor {
  readonly width = 1;
  readonly #model: Model;
  readonly #observed: readonly ObservedTensor[];
  readonly #openRuntime: RuntimeOpener;
  readonly #counter: Counter;
  readonly #failure = new Failure();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(model: Model, options: CountingOptions, openRuntime: RuntimeOpener) {
    this.#model = model;
    this.#observed = options.observed;
    this.#openRuntime = openRuntime;
    this.#counter = new Counter(options);
  }

  open(groups: readonly Group[]): Promise<void> {
    return this.#enqueue(() => this.#counter.open((opened) => this.#openAll(groups, opened)));
  }

  collect(feeds: TensorMap, index: number): Promise<void> {
    return this.#enqueue(() => this.#counter.collect(feeds, index));
  }

  counted(): Promise<Counted> {
    return this.#enqueue(async () => this.#counter.counted());
  }

  guard<T>(work: Promise<T>): Promise<T> {
    return this.#failure.guard(work);
  }

  fail(error: unknown): void {
    this.#failure.set(error);
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#counter.close();
  }

  /** Work is done in order, and what has not begun when the executor fails is not begun. */
  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => {
      if (this.#failure.reason) throw this.#failure.reason.error;
      return work();
    });
    this.#queue = done.catch(() => {});
    return this.guard(done);
  }

  async #openAll(groups: readonly Group[], opened: CountedModel[]): Promise<void> {
    for (const tensors of groups) {
      const { model, computed } = withObservedOutputs(this.#model, this.#observed, tensors);
      const runtime = computed.length > 0 ? await this.#openRuntime(model) : undefined;
      opened.push({
        tensors,
        run: async (feeds) => runtime?.infer(feeds, { outputs: computed }) ?? {},
        close: async () => runtime?.close(),
      });
    }
  }
}
