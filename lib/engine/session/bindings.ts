import { checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { NativeJobInput, NativeJobOutput, NativeJobResult } from '../../native.js';
import { checkFeeds } from '../../runtime/feeds.js';
import {
  type DataType,
  elementBytes,
  elementCount,
  type Tensor,
  tensor,
  tensorOver,
} from '../../tensor.js';
import { DeviceTensor, pinnedMemoryOf } from '../device/device-tensor.js';
import { type EngineTensor, isDataType, toValueInfo } from '../engine-tensor.js';

/** A tensor for each input, on the host or on the engine's GPU. */
export type Feeds = Readonly<Record<string, Tensor | DeviceTensor>>;

/**
 * Where an output goes: to a new tensor on the `'host'` or on the `'device'`, or into a tensor that
 * is at hand and at least as large.
 */
export type OutputTarget = 'host' | 'device' | Tensor | DeviceTensor;

/** The outputs that are wanted, and where. The others are computed and dropped. */
export type OutputTargets = Readonly<Record<string, OutputTarget>>;

/** What comes of {@link OutputTargets}. */
export type TargetedOutputs<T extends OutputTargets> = {
  -readonly [Name in keyof T]: T[Name] extends 'device'
    ? DeviceTensor
    : T[Name] extends DeviceTensor
      ? T[Name]
      : Tensor;
};

/** The shape of every input; of a shape tensor its value. */
export type WarmupShapes = Readonly<Record<string, readonly number[] | Tensor>>;

/** The inputs and outputs of an engine, and what an inference may bind to them. */
export class EngineIo {
  readonly inputs: readonly EngineTensor[];
  readonly outputs: readonly EngineTensor[];
  readonly #declared;

  constructor(tensors: readonly EngineTensor[]) {
    this.inputs = tensors.filter(({ mode }) => mode === 'input');
    this.outputs = tensors.filter(({ mode }) => mode === 'output');
    this.#declared = this.inputs.map(toValueInfo);
  }

  /**
   * Feeds of zeros. A list of numbers for a shape tensor is its value, and shapes that are fixed may
   * be left out.
   */
  blankFeeds(shapes: WarmupShapes): Feeds {
    const feeds = this.inputs.map((input) => [input.name, blankFeed(input, shapes[input.name])]);
    return { ...shapes, ...Object.fromEntries(feeds) };
  }

  /** @throws TensorRTError ERR_FEED, TypeError */
  checkFeeds(feeds: Feeds): void {
    checkFeeds(this.#declared, feeds, 'the feeds', (feed) => feed instanceof DeviceTensor);
  }

  /** @throws TensorRTError ERR_TRT_INFER for a type that has no typed array, TypeError */
  checkTargets(targets: OutputTargets): void {
    const names = this.outputs.map(({ name }) => name);
    checkOptions('outputs', targets, names);
    for (const { name, type } of this.outputs) {
      const target = targets[name];
      if (target === undefined) continue;
      typeOf(name, type);
      if (target === 'host' || target === 'device') continue;
      const fits = typeof target === 'object' && target !== null && target.type === type;
      if (!fits) {
        throw invalidArgument(`outputs.${name}`, `'host', 'device' or a ${type} tensor`, target);
      }
    }
  }
}

/** The tensors of one inference, lent to it until {@link Bindings.giveBack}. */
export class Bindings {
  readonly #io: EngineIo;
  readonly #targets: OutputTargets | undefined;
  readonly #lent: { tensor: DeviceTensor; use: 'read' | 'write' }[] = [];
  readonly #inputs: NativeJobInput[];
  readonly #outputs: NativeJobOutput[];

  /** @param targets - undefined for all outputs, on the host. */
  constructor(io: EngineIo, feeds: Feeds, targets: OutputTargets | undefined) {
    this.#io = io;
    this.#targets = targets;
    try {
      this.#inputs = io.inputs.map(({ name }) => this.#bindInput(feeds[name] as Tensor));
      this.#outputs = io.outputs.map(({ name }) => this.#bindOutput(targets, name));
    } catch (error) {
      this.giveBack();
      throw error;
    }
  }

  /** In the order of the engine's inputs. */
  get inputs(): readonly NativeJobInput[] {
    return this.#inputs;
  }

  /** In the order of the engine's outputs. */
  get outputs(): readonly NativeJobOutput[] {
    return this.#outputs;
  }

  /** Copies what is not in page-locked or device memory, for an inference that has to wait. */
  keepInputs(): void {
    for (const input of this.#inputs) {
      if (ArrayBuffer.isView(input.data)) input.data = (input.data as Uint8Array).slice();
    }
  }

  /** The outputs as the caller asked for them. */
  results(outputs: NativeJobResult['outputs']): Record<string, Tensor | DeviceTensor> {
    const results: Record<string, Tensor | DeviceTensor> = {};
    this.#io.outputs.forEach(({ name, type }, index) => {
      const output = outputs[index];
      const target = this.#targets === undefined ? 'host' : this.#targets[name];
      if (output && target) results[name] = resultOf(typeOf(name, type), output, target);
    });
    return results;
  }

  giveBack(): void {
    for (const { tensor, use } of this.#lent.splice(0)) tensor.giveBack(use);
  }

  #bindInput(feed: Tensor | DeviceTensor): NativeJobInput {
    const { dims } = feed;
    if (feed instanceof DeviceTensor) return { dims, data: this.#lend(feed, 'read') };
    return { dims, data: pinnedMemoryOf(feed) ?? feed.data };
  }

  #bindOutput(targets: OutputTargets | undefined, name: string): NativeJobOutput {
    if (targets === undefined) return undefined;
    const target = targets[name];
    if (target === undefined) return 'none';
    if (target === 'host') return undefined;
    if (target === 'device') return 'device';
    if (target instanceof DeviceTensor) return this.#lend(target, 'write');
    return pinnedMemoryOf(target) ?? target.data;
  }

  #lend(tensor: DeviceTensor, use: 'read' | 'write') {
    const memory = tensor.lend(use);
    this.#lent.push({ tensor, use });
    return memory;
  }
}

function blankFeed(input: EngineTensor, given: readonly number[] | Tensor | undefined): Tensor {
  if (given !== undefined && 'data' in given) return given;
  const type = typeOf(input.name, input.type);
  if (input.location === 'host' && given) return tensor(type, input.dims, [...given]);
  const dims = given ?? input.dims;
  if (dims.some((dim) => dim < 0)) {
    throw new TensorRTError(
      'ERR_FEED',
      `Expected a shape for input '${input.name}' to warm up with.`,
      {
        tensor: input.name,
      },
    );
  }
  return tensorOver(type, dims, new Uint8Array(elementCount(dims) * elementBytes(type)));
}

function typeOf(name: string, type: string): DataType {
  if (isDataType(type)) return type;
  throw new TensorRTError(
    'ERR_TRT_INFER',
    `Tensor '${name}' is of type ${type}, which has no typed array.`,
    { tensor: name },
  );
}

function resultOf(
  type: DataType,
  { dims, data, memory }: NativeJobResult['outputs'][number],
  target: OutputTarget,
): Tensor | DeviceTensor {
  if (memory) return DeviceTensor.around(type, dims, memory);
  if (target instanceof DeviceTensor) {
    target.setDims(dims);
    return target;
  }
  if (typeof target === 'object') {
    return { type, dims, data: target.data.subarray(0, elementCount(dims)) } as Tensor;
  }
  return tensorOver(type, dims, new Uint8Array(data as ArrayBuffer));
}
