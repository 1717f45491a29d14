/** The committed exports of test/fixtures/exports: what they are fed with and built for. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import { TensorProto_DataType as ElementType, ModelProtoSchema } from 'onnx-buf';
import {
  type CheckCode,
  Model,
  type Profile,
  type Tensor,
  type TensorMap,
  tensor,
} from 'tensorrt-node';

export const exportsFolder = fileURLToPath(new URL('../fixtures/exports/', import.meta.url));

/** Names without `.onnx`: `<architecture>.<exporter>`. */
export const exportNames: readonly string[] = readdirSync(exportsFolder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => file.slice(0, -'.onnx'.length))
  .sort();

export const pathOf = (name: string) => `${exportsFolder}${name}.onnx`;

/** What TensorRT refuses, and the finding of `check` that says why. All others build. */
export const refused: Readonly<Record<string, CheckCode>> = {
  'bert.ort-optimized': 'operator-onnxruntime',
  'distilbert.ort-dynamic': 'zero-point-not-zero',
  'distilbert.ort-static': 'bias-quantized',
  'gpt2-past.ort-optimized': 'operator-onnxruntime',
  't5-merged.optimum': 'if-sizes-differ',
  'vit.ort-static-symmetric': 'bias-quantized',
};

const wideFolder = fileURLToPath(new URL('../fixtures/exports-wide/', import.meta.url));

/** Exports of models with heads of 64, which attention is fused for: names as in {@link exportNames}. */
export const wideNames: readonly string[] = readdirSync(wideFolder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => file.slice(0, -'.onnx'.length))
  .sort();

/** Loads a wide export, whose weights are not in its file, and draws them. */
export async function loadWide(name: string): Promise<Model> {
  // Model.load would say, rightly, that the file has no values for its weights.
  const proto = fromBinary(ModelProtoSchema, await readFile(join(wideFolder, `${name}.onnx`)));
  let state = 1;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) / 5;
  };
  for (const weight of proto.graph?.initializer ?? []) {
    const count = weight.dims.reduce((product, dim) => product * Number(dim), 1);
    const isEmpty = weight.rawData.length === 0 && weight.floatData.length === 0;
    if (weight.dataType !== ElementType.FLOAT || count === 0 || !isEmpty) continue;
    weight.rawData = new Uint8Array(Float32Array.from({ length: count }, draw).buffer);
  }
  return Model.fromProto(proto);
}

interface Size {
  readonly min: number;
  readonly opt: number;
  readonly max: number;
}

const batch: Size = { min: 1, opt: 2, max: 4 };
const sequence: Size = { min: 1, opt: 7, max: 16 };
const encoderSequence: Size = { min: 1, opt: 5, max: 16 };
const past: Size = { min: 1, opt: 3, max: 8 };
const pastAndSequence: Size = { min: 2, opt: 10, max: 24 };

/**
 * The size of a dynamic axis by what the input is. Exporters give it any name, or none; where one
 * name stands for several axes, TensorRT insists on one size.
 */
function sizeOf(input: string, axis: number, hasPast: boolean): Size {
  if (axis === 0) return batch;
  if (/encoder/.test(input) && !/decoder/.test(input)) return encoderSequence;
  if (/past_key_values/.test(input)) return past;
  return input === 'attention_mask' && hasPast ? pastAndSequence : sequence;
}

function shapeOf(model: Model, name: string, bound: keyof Size): number[] {
  const hasPast = model.inputs.some((input) => input.name.startsWith('past_key_values'));
  const dims = model.inputs.find((input) => input.name === name)?.dims ?? [];
  return dims.map((dim, axis) =>
    typeof dim === 'number' ? dim : sizeOf(name, axis, hasPast)[bound],
  );
}

/** One profile for all dynamic inputs; none where every size is fixed. */
export function profilesFor(model: Model): Profile[] {
  const dynamic = model.inputs.filter(({ dims }) => dims?.some((dim) => typeof dim !== 'number'));
  if (dynamic.length === 0) return [];
  const range = (name: string) => ({
    min: shapeOf(model, name, 'min'),
    opt: shapeOf(model, name, 'opt'),
    max: shapeOf(model, name, 'max'),
  });
  return [Object.fromEntries(dynamic.map(({ name }) => [name, range(name)]))];
}

/**
 * Inputs of a size of the profile, the best by default: tokens, a mask that hides the last one,
 * numbers in -1 .. 1.
 */
export function feedsFor(model: Model, bound: keyof Size = 'opt'): TensorMap {
  return Object.fromEntries(
    model.inputs.map(({ name, type }) => [name, feedOf(name, type, shapeOf(model, name, bound))]),
  );
}

function feedOf(name: string, type: string | undefined, dims: readonly number[]): Tensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const numbers = Array.from({ length: count }, (_, index) => index);
  if (type === 'bool')
    return tensor(
      'bool',
      dims,
      numbers.map(() => 1),
    );
  if (type === 'float32')
    return tensor(
      'float32',
      dims,
      numbers.map((n) => Math.sin(n)),
    );
  return tensor(
    'int64',
    dims,
    numbers.map((n) => tokenOf(name, n, count, dims)),
  );
}

function tokenOf(name: string, n: number, count: number, dims: readonly number[]): number {
  if (/mask/.test(name)) return n === count - 1 ? 0 : 1;
  if (/token_type/.test(name)) return 0;
  if (/position_ids/.test(name)) return n % (dims.at(-1) ?? 1);
  return 5 + ((n * 37) % 90);
}
