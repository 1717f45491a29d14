import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { makeTemporaryFolder } from '../../files.js';
import type { Model } from '../../onnx/model.js';
import { RequestProcess } from '../../runtime/child/request-process.js';
import type { TensorMap } from '../../tensor.js';
import { type Counted, type CountingOptions, mergeCounted } from './counted.js';
import type { Executor } from './executor.js';
import type { Group } from './groups.js';
import { ModelWriter } from './model-writer.js';

/** A model for the calibration process to open. */
export interface ModelRequest {
  path: string;
  tensors: readonly string[];
  computed: readonly string[];
}

export interface CountingProtocol {
  observe: { request: CountingOptions; result: undefined };
  open: { request: { models: readonly ModelRequest[] }; result: undefined };
  collect: { request: { feeds: TensorMap; index: number }; result: undefined };
  counted: { request: object; result: Counted };
}

/** A process, and how many samples it has that it has not finished. */
interface Lane {
  readonly process: RequestProcess<CountingProtocol>;
  isOpen: boolean;
  samples: number;
}

/** More processes gain little: they share the bandwidth of the memory. */
const mostLanes = 4;

/** Every process has the weights in memory; together they should not take more. */
const mostWeightBytes = 2 ** 30;

/** To start a process takes about as long as so many samples. */
const samplesPerLane = 8;

/**
 * Runs the model by ONNX Runtime in processes of their own, so that the event loop stays free.
 *
 * Several processes with few threads do more than one with all: a sample is little work for many
 * threads, and what ONNX Runtime returns is copied by one. As histograms can be merged, it does not
 * matter which process counts a sample.
 */
export class ProcessExecutor implements Executor {
  readonly #directory: string;
  readonly #writer: ModelWriter;
  readonly #counting: CountingOptions;
  readonly #mostLanes: number;
  readonly #lanes: Lane[] = [];
  #models: readonly ModelRequest[] = [];
  #sent = 0;

  private constructor(
    directory: string,
    writer: ModelWriter,
    counting: CountingOptions,
    mostLanes: number,
  ) {
    this.#directory = directory;
    this.#writer = writer;
    this.#counting = counting;
    this.#mostLanes = mostLanes;
  }

  /** @param samples - how many there are, where that is known. */
  static async start(
    model: Model,
    { threads = availableParallelism(), ...options }: CountingOptions,
    samples = Infinity,
    signal?: AbortSignal,
  ): Promise<ProcessExecutor> {
    const lanes = Math.min(
      mostLanes,
      threads,
      Math.ceil(samples / samplesPerLane),
      Math.floor(mostWeightBytes / model.byteLength()),
    );
    const most = Math.max(1, lanes);
    const directory = await makeTemporaryFolder();
    const writer = new ModelWriter(model, options.observed, directory, signal);
    const counting = { ...options, threads: Math.floor(threads / most) };
    const executor = new ProcessExecutor(directory, writer, counting, most);
    // They start while the model is being written. A stream may end early: its others start later.
    const first = Number.isFinite(samples) ? most : 1;
    for (let lane = 0; lane < first; lane++) executor.#startLane();
    return executor;
  }

  get width(): number {
    return this.#lanes.length;
  }

  async open(groups: readonly Group[]): Promise<void> {
    const models: ModelRequest[] = [];
    for (const tensors of groups) models.push(await this.#writer.write(tensors));
    this.#models = models;
    await Promise.all(this.#lanes.map((lane) => this.#openLane(lane)));
  }

  async collect(feeds: TensorMap, index: number): Promise<void> {
    this.#sent++;
    if (this.#sent > samplesPerLane * this.#lanes.length && this.#lanes.length < this.#mostLanes) {
      // Samples do not wait for it.
      this.#openLane(this.#startLane()).catch((error) => this.fail(error));
    }
    const lane = this.#open().reduce((a, b) => (b.samples < a.samples ? b : a));
    lane.samples++;
    await lane.process.request('collect', { feeds, index });
    lane.samples--;
  }

  async counted(): Promise<Counted> {
    return mergeCounted(
      await Promise.all(this.#open().map(({ process }) => process.request('counted', {}))),
    );
  }

  guard<T>(work: Promise<T>): Promise<T> {
    return this.#lanes.reduce((guarded, { process }) => process.guard(guarded), work);
  }

  fail(error: unknown): void {
    for (const { process } of this.#lanes) process.fail(error);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ process }) => process.close()));
    await rm(this.#directory, { recursive: true, force: true });
  }

  #open(): readonly Lane[] {
    return this.#lanes.filter(({ isOpen }) => isOpen);
  }

  #startLane(): Lane {
    const process = new RequestProcess<CountingProtocol>(
      new URL('./calibration-child.js', import.meta.url),
      {
        what: 'The calibration process',
        remove: [this.#directory],
        remedy: 'If it was killed, memory may have run out: use smaller samples or a memoryLimit.',
      },
    );
    process.request('observe', this.#counting).catch((error) => this.fail(error));
    const lane = { process, isOpen: false, samples: 0 };
    this.#lanes.push(lane);
    return lane;
  }

  async #openLane(lane: Lane): Promise<void> {
    await lane.process.request('open', { models: this.#models });
    lane.isOpen = true;
  }
}
