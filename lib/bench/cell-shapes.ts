import { TensorRTError } from '../errors.js';
import type { ValueInfo } from '../onnx/value-info.js';

/** What a cell of the matrix asks for; the rest follows from the model. */
export interface ShapeRequest {
  readonly batch?: number | undefined;
  readonly length?: number | undefined;
  /** Shapes of inputs, by name; they come before `batch` and `length`. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
}

export interface CellShapes {
  /** Of every input. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The size of the batch axis; undefined where there is none that is dynamic or asked for. */
  readonly batch: number | undefined;
  /** That of the axis of tokens, likewise. */
  readonly length: number | undefined;
}

const defaultLength = 128;

/**
 * Settles the shapes of all inputs. The batch is the first axis of every input where that is
 * dynamic; the length is the dynamic second axis of inputs of integers, such as ids of tokens, and
 * every dynamic axis of the same name. Default: batch 1, length 128.
 *
 * @throws TensorRTError `ERR_FEED` where a fixed size is another, or a dynamic axis is neither.
 */
export function cellShapes(inputs: readonly ValueInfo[], request: ShapeRequest): CellShapes {
  checkNames(inputs, request.shapes ?? {});
  const axes = new Axes(inputs, request);
  const shapes = inputs.map((input) => [input.name, axes.shapeOf(input)] as const);
  checkWanted(inputs, axes, request);
  return {
    shapes: Object.fromEntries(shapes),
    // Where it is fixed, and fixed at what was asked for.
    batch: axes.batch ?? request.batch,
    length: axes.length ?? request.length,
  };
}

/** The axes of a model that have a meaning here, and their sizes. */
class Axes {
  readonly batch: number | undefined;
  readonly length: number | undefined;
  readonly #given: Readonly<Record<string, readonly number[]>>;
  readonly #batchNames: ReadonlySet<string>;
  readonly #lengthNames: ReadonlySet<string>;
  /** Sizes of named axes, from the shapes that were given. */
  readonly #sizes = new Map<string, number>();

  constructor(inputs: readonly ValueInfo[], { batch, length, shapes = {} }: ShapeRequest) {
    this.#given = shapes;
    const batched = inputs.filter(({ dims }) => isDynamic(dims, 0));
    const tokens = inputs.filter(isTokens);
    this.#batchNames = namesOf(batched, 0);
    this.#lengthNames = namesOf(tokens, 1);
    const givenSize = (some: readonly ValueInfo[], axis: number) =>
      some.map(({ name }) => shapes[name]?.[axis]).find((size) => size !== undefined);
    if (batched.length > 0) this.batch = givenSize(batched, 0) ?? batch ?? 1;
    if (tokens.length > 0) this.length = givenSize(tokens, 1) ?? length ?? defaultLength;
    for (const { name, dims } of inputs) {
      dims?.forEach((dim, axis) => {
        const size = shapes[name]?.[axis];
        if (typeof dim === 'string' && size !== undefined) this.#sizes.set(dim, size);
      });
    }
  }

  shapeOf(input: ValueInfo): number[] {
    const given = this.#given[input.name];
    if (given) return checkGiven(input, given);
    if (!input.dims) throw shapeError(input, 'has no known rank');
    return input.dims.map((dim, axis) => (typeof dim === 'number' ? dim : this.#size(input, axis)));
  }

  #size(input: ValueInfo, axis: number): number {
    const dim = input.dims?.[axis];
    const known = typeof dim === 'string' ? this.#sizes.get(dim) : undefined;
    const size = known ?? this.#meaning(input, axis, `${dim}`);
    if (size !== undefined) return size;
    throw shapeError(input, `has the dynamic axis ${axis}, which is neither batch nor length`);
  }

  #meaning(input: ValueInfo, axis: number, name: string): number | undefined {
    if (axis === 0 || this.#batchNames.has(name)) return this.batch;
    if (this.#lengthNames.has(name)) return this.length;
    return axis === 1 && isTokens(input) ? this.length : undefined;
  }
}

function isDynamic(dims: ValueInfo['dims'], axis: number): boolean {
  return dims !== undefined && dims.length > axis && typeof dims[axis] !== 'number';
}

function isTokens({ type, dims }: ValueInfo): boolean {
  return /int/.test(type ?? '') && isDynamic(dims, 1);
}

function namesOf(inputs: readonly ValueInfo[], axis: number): ReadonlySet<string> {
  return new Set(inputs.map(({ dims }) => dims?.[axis]).filter((dim) => typeof dim === 'string'));
}

function checkGiven(input: ValueInfo, given: readonly number[]): number[] {
  const fits =
    (input.dims?.length ?? given.length) === given.length &&
    given.every(
      (size, axis) => typeof input.dims?.[axis] !== 'number' || size === input.dims[axis],
    );
  if (!fits) throw shapeError(input, `cannot be [${given.join(', ')}]`);
  return [...given];
}

/** @throws TensorRTError where the matrix asks for sizes that the model has fixed. */
function checkWanted(inputs: readonly ValueInfo[], axes: Axes, request: ShapeRequest): void {
  const wanted = [
    ['batch', request.batch, axes.batch, 0],
    ['length', request.length, axes.length, 1],
  ] as const;
  for (const [what, size, settled, axis] of wanted) {
    if (size === undefined || settled === size) continue;
    const fixed = inputs.filter(({ dims }) => typeof dims?.[axis] === 'number');
    if (settled === undefined && fixed.some(({ dims }) => dims?.[axis] === size)) continue;
    const [input] = fixed;
    if (input) throw shapeError(input, `cannot be run with ${what} ${size}`);
    throw new TensorRTError('ERR_FEED', `The inputs have no axis for ${what} ${size}.`, {
      remedy: `Leave the ${what} out, or give shapes.`,
    });
  }
}

function checkNames(inputs: readonly ValueInfo[], shapes: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(shapes).find((name) => !inputs.some((input) => input.name === name));
  if (unknown === undefined) return;
  const known = inputs.map(({ name }) => `'${name}'`).join(', ');
  throw new TensorRTError('ERR_FEED', `The model has no input '${unknown}', but ${known}.`, {
    tensor: unknown,
  });
}

function shapeError({ name, dims }: ValueInfo, problem: string): TensorRTError {
  const shape = dims ? ` [${dims.map((dim) => dim ?? '?').join(', ')}]` : '';
  return new TensorRTError('ERR_FEED', `Input '${name}'${shape} ${problem}.`, {
    tensor: name,
    remedy: 'Give its shape in `shapes`, or export the model with other axes.',
  });
}
