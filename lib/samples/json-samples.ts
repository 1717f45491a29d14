import type { ValueInfo } from '../onnx/model.js';
import type { Tensor, TensorMap } from '../tensor.js';
import { tensorOfNumbers } from './convert.js';
import { jsonLinesOf } from './lines.js';
import { sampleError } from './sample-error.js';

/** The samples of a JSON-lines file: each line has nested lists of numbers for each input. */
export async function* samplesOfJsonLines(
  path: string,
  inputs: readonly ValueInfo[],
): AsyncGenerator<TensorMap> {
  for await (const { value, label } of jsonLinesOf(path)) {
    const fields = fieldsOf(label, value, inputs);
    yield Object.fromEntries(
      inputs.map((input) => [input.name, tensorOf(label, input, fields[input.name])]),
    );
  }
}

/** A model with one input takes bare lists, too. */
function fieldsOf(
  label: string,
  value: unknown,
  inputs: readonly ValueInfo[],
): Readonly<Record<string, unknown>> {
  const [first, second] = inputs;
  if (Array.isArray(value) && first && !second) return { [first.name]: value };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  const names = inputs.map(({ name }) => JSON.stringify(name)).join(', ');
  throw sampleError(label, 'is not an object with a list for each input', {
    remedy: `Write objects with ${names}; for texts, name a tokenizer.`,
  });
}

function tensorOf(label: string, input: ValueInfo, value: unknown): Tensor {
  const { name, type, dims: expected } = input;
  const fail = (problem: string) => sampleError(label, problem, { tensor: name });
  if (value === undefined) throw fail(`has nothing for the input '${name}'`);
  if (!type) throw fail(`cannot be read, because the model does not tell the type of '${name}'`);
  const numbers: number[] = [];
  const dims = shapeOf(value);
  if (!collect(value, dims, 0, numbers)) {
    throw fail(`has for '${name}' lists that differ in length, or something that is no number`);
  }
  // A sample without its batch axis is a batch of one.
  const whole = expected && dims.length === expected.length - 1 ? [1, ...dims] : dims;
  const tensor = tensorOfNumbers(type, whole, numbers, 'a list');
  if (typeof tensor !== 'string') return tensor;
  throw fail(`has for '${name}' ${tensor}`);
}

function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

/** @returns false where the lists do not have this shape, or hold anything but numbers. */
function collect(value: unknown, dims: readonly number[], axis: number, into: number[]): boolean {
  if (axis < dims.length) {
    return (
      Array.isArray(value) &&
      value.length === dims[axis] &&
      value.every((item) => collect(item, dims, axis + 1, into))
    );
  }
  if (typeof value !== 'number' && typeof value !== 'boolean') return false;
  into.push(Number(value));
  return true;
}
