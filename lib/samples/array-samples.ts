import type { ValueInfo } from '../onnx/model.js';
import type { Tensor, TensorMap } from '../tensor.js';
import { Archive, ByteSequence } from './byte-sequence.js';
import { convertTensor } from './convert.js';
import { NpyArray } from './npy.js';
import { sampleError } from './sample-error.js';

/** Where the array of each input is read from. */
type Sources = ReadonlyMap<string, { label: string; open: () => Promise<ByteSequence> }>;

/** An array of one input, and how it is cut into samples. */
interface InputArray {
  readonly input: ValueInfo;
  readonly array: NpyArray;
  readonly samples: number;
  /** Samples are taken in order. */
  readonly take: (index: number) => Promise<Tensor>;
}

/**
 * The samples of an `.npz` file with an array for each input.
 *
 * @param place - the file.
 */
export async function* samplesOfNpz(
  place: string,
  inputs: readonly ValueInfo[],
  batchSize: number,
): AsyncGenerator<TensorMap> {
  const archive = await Archive.open(place);
  try {
    const arrays = archive.names.filter((name) => name.endsWith('.npy'));
    const sources = new Map(
      arrays.map((name) => [
        name.slice(0, -'.npy'.length),
        { label: `${place}: ${name}`, open: () => archive.read(name) },
      ]),
    );
    yield* samplesOf(place, inputs, sources, batchSize);
  } finally {
    archive.close();
  }
}

/**
 * The samples of `.npy` files, one for each input.
 *
 * @param place - what to call them together in messages.
 * @param files - the path of each input's file.
 */
export async function* samplesOfNpy(
  place: string,
  inputs: readonly ValueInfo[],
  files: ReadonlyMap<string, string>,
  batchSize: number,
): AsyncGenerator<TensorMap> {
  const sources = new Map(
    Array.from(files, ([name, path]) => [
      name,
      { label: path, open: async () => ByteSequence.ofFile(path) },
    ]),
  );
  yield* samplesOf(place, inputs, sources, batchSize);
}

async function* samplesOf(
  place: string,
  inputs: readonly ValueInfo[],
  sources: Sources,
  batchSize: number,
): AsyncGenerator<TensorMap> {
  checkNames(place, inputs, sources);
  const opened: NpyArray[] = [];
  const arrays: InputArray[] = [];
  try {
    for (const input of inputs) {
      const { label, open } = sources.get(input.name) as NonNullable<ReturnType<Sources['get']>>;
      const array = await openArray(label, await open());
      opened.push(array);
      arrays.push(planArray(input, array, batchSize));
    }
    const total = commonCount(place, arrays);
    for (let index = 0; index < total; index++) {
      const feeds: TensorMap = {};
      for (const array of arrays) feeds[array.input.name] = await nextTensor(array, index);
      yield feeds;
    }
  } finally {
    for (const array of opened) array.close();
  }
}

async function openArray(label: string, sequence: ByteSequence): Promise<NpyArray> {
  try {
    return await NpyArray.open(label, sequence);
  } catch (error) {
    sequence.close();
    throw error;
  }
}

function checkNames(place: string, inputs: readonly ValueInfo[], sources: Sources): void {
  const missing = inputs.find(({ name }) => !sources.has(name));
  if (!missing) return;
  const has = [...sources.keys()].map((name) => `'${name}'`).join(', ') || 'no arrays';
  const wanted = inputs.map(({ name }) => `'${name}'`).join(', ');
  throw sampleError(place, `has no array for the input '${missing.name}', but ${has}`, {
    tensor: missing.name,
    remedy: `Save one array for each input, by its name: ${wanted}.`,
  });
}

/** The rank decides: that of the input, one axis more, or one less. */
function planArray(input: ValueInfo, array: NpyArray, batchSize: number): InputArray {
  const { dims } = array.header;
  const [rows = 1, ...others] = dims;
  const axesMore = dims.length - (input.dims?.length ?? dims.length);
  if (axesMore === 1) {
    const take = async () => ({ ...(await array.rows(1)), dims: others });
    return { input, array, samples: rows, take };
  }
  if (axesMore === -1) {
    const take = async () => ({ ...(await array.rows(rows)), dims: [1, ...dims] });
    return { input, array, samples: 1, take };
  }
  if (axesMore !== 0 || dims.length === 0) {
    throw sampleError(array.label, `has the shape [${dims.join(', ')}]`, {
      tensor: input.name,
      remedy: `The input '${input.name}' is ${shapeOf(input)}: give as many axes, the first for all samples together, or one more.`,
    });
  }
  const batch = batchOf(input, array, rows, batchSize);
  const take = (index: number) => array.rows(Math.min(batch, rows - index * batch));
  return { input, array, samples: Math.ceil(rows / batch), take };
}

function batchOf(input: ValueInfo, { label }: NpyArray, rows: number, batchSize: number): number {
  const fixed = input.dims?.[0];
  if (typeof fixed !== 'number') return batchSize;
  const rest = rows % fixed;
  if (rest === 0) return fixed;
  throw sampleError(label, `has ${rows} rows, ${rest} more than whole batches of ${fixed}`, {
    tensor: input.name,
    remedy: `The model takes batches of ${fixed}: leave the last ${rest} rows out.`,
  });
}

function commonCount(place: string, arrays: readonly InputArray[]): number {
  const [first] = arrays;
  const other = arrays.find(({ samples }) => samples !== first?.samples);
  if (!first || !other) return first?.samples ?? 0;
  const tell = ({ input, samples }: InputArray) => `${samples} for '${input.name}'`;
  throw sampleError(place, `has ${tell(first)} and ${tell(other)}, which is no sample each`);
}

async function nextTensor({ input, array, take }: InputArray, index: number): Promise<Tensor> {
  const converted = convertTensor(await take(index), input);
  if (typeof converted !== 'string') return converted;
  throw sampleError(array.label, `is ${converted}, in sample ${index}`, {
    tensor: input.name,
    remedy: `The input '${input.name}' is ${shapeOf(input)}.`,
  });
}

function shapeOf({ type, dims }: ValueInfo): string {
  return `${type ?? ''} [${dims?.map((dim) => dim ?? '?').join(', ') ?? '...'}]`.trim();
}
