import { invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { Model } from '../model.js';
import type { ValueInfo } from '../value-info.js';
import type { Size } from './expression.js';
import { type Fact, fact } from './fact.js';
import type { ShapeProblem } from './inference.js';
import type { Dim } from './inferred-shapes.js';
import { parseSize } from './parse-expression.js';
import { isName } from './stated.js';

export interface GivenInputs {
  /** What is known about inputs by what was given for them. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** The sizes that named dimensions get thereby. */
  readonly sizes: ReadonlyMap<string, Size>;
  readonly problems: readonly ShapeProblem[];
}

/**
 * Reads the sizes that the caller gives inputs.
 *
 * A name that gets two sizes means nothing: such models exist, whose exporter called every dynamic
 * dimension the same. It is noted, and each place has the size that was given for it.
 *
 * @throws TypeError for what are no dims, TensorRTError `ERR_FEED` for what contradicts the model.
 */
export function readGivenInputs(
  model: Model,
  given: Readonly<Record<string, readonly Dim[]>>,
): GivenInputs {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidArgument('options.inputs', 'an object', given);
  }
  const inputs = new Map(model.inputs.map((input) => [input.name, input]));
  const facts = new Map<string, Fact>();
  const names = new Names();
  for (const [name, dims] of Object.entries(given)) {
    checkDims(name, dims);
    const input = inputs.get(name);
    if (!input) throw unknownInput(name, [...inputs.keys()]);
    const sizes = dims.map((dim, axis) => {
      checkSize(input, dims, axis);
      const stated = input.dims?.[axis];
      if (typeof stated === 'string' && isName(stated)) names.set(stated, toSize(dim), name);
      return toSize(dim ?? stated);
    });
    // Sizes that neither says stay open.
    if (sizes.every((size) => size !== undefined)) facts.set(name, fact(undefined, sizes));
  }
  return { facts, sizes: names.sizes, problems: names.problems };
}

class Names {
  readonly sizes = new Map<string, Size>();
  readonly problems: ShapeProblem[] = [];
  readonly #first = new Map<string, Size>();

  set(name: string, size: Size | undefined, input: string): void {
    if (size === undefined) return;
    const first = this.#first.get(name);
    if (first === undefined) {
      this.#first.set(name, size);
      this.sizes.set(name, size);
    } else if (`${first}` !== `${size}`) {
      this.sizes.delete(name);
      const message = `the dimension '${name}' of the model is given as ${first} and as ${size}`;
      this.problems.push({ node: input, opType: undefined, message });
    }
  }
}

function toSize(dim: Dim): Size | undefined {
  if (typeof dim !== 'string') return dim;
  return isName(dim) ? parseSize(dim) : undefined;
}

function checkDims(name: string, dims: readonly Dim[]): void {
  const isDim = (dim: Dim) =>
    dim === undefined ||
    (typeof dim === 'string' && dim !== '') ||
    (Number.isInteger(dim) && (dim as number) >= 0);
  if (Array.isArray(dims) && dims.every(isDim)) return;
  throw invalidArgument(`options.inputs['${name}']`, 'an array of whole numbers from 0', dims);
}

function checkSize(input: ValueInfo, dims: readonly Dim[], axis: number): void {
  const { name, dims: stated } = input;
  const dim = dims[axis];
  const fits =
    !stated ||
    (stated.length === dims.length &&
      (typeof stated[axis] !== 'number' || typeof dim !== 'number' || dim === stated[axis]));
  if (fits) return;
  throw new TensorRTError(
    'ERR_FEED',
    `The input '${name}' has dims [${stated.map((size) => size ?? '?').join(', ')}], which [${dims.map((size) => size ?? '?').join(', ')}] contradicts.`,
    { tensor: name, remedy: 'Give sizes to dynamic dimensions only.' },
  );
}

function unknownInput(name: string, inputs: readonly string[]): TensorRTError {
  return new TensorRTError('ERR_FEED', `The model has no input '${name}'.`, {
    tensor: name,
    remedy: `Its inputs are ${inputs.join(', ')}.`,
  });
}
