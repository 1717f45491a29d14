import { type DataType, elementBytes, elementCount, type Tensor, tensorOver } from '../tensor.js';
import type { ByteSequence } from './byte-sequence.js';
import { sampleError } from './sample-error.js';

/** What the header of an `.npy` file says; the format is that of numpy.lib.format. */
export interface NpyHeader {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly bigEndian: boolean;
}

const types: Readonly<Record<string, DataType>> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

const magic = Buffer.from('\x93NUMPY', 'latin1');

/** An array of an `.npy` file that is read from its first row to its last, some rows at a time. */
export class NpyArray {
  /** What to call it in messages. */
  readonly label: string;
  readonly header: NpyHeader;
  readonly #bytes: ByteSequence;

  private constructor(label: string, header: NpyHeader, bytes: ByteSequence) {
    this.label = label;
    this.header = header;
    this.#bytes = bytes;
  }

  /** @throws TensorRTError `ERR_SAMPLES` for what is no array of numbers in C order. */
  static async open(label: string, bytes: ByteSequence): Promise<NpyArray> {
    return new NpyArray(label, await readHeader(label, bytes), bytes);
  }

  /** The next `count` entries along the first axis, as a tensor [count, ...]. */
  async rows(count: number): Promise<Tensor> {
    const { type, dims, bigEndian } = this.header;
    const taken = [count, ...dims.slice(1)];
    const bytes = await this.#bytes.take(elementCount(taken) * elementBytes(type));
    if (bigEndian) swapBytes(bytes, elementBytes(type));
    return tensorOver(type, taken, bytes);
  }

  close(): void {
    this.#bytes.close();
  }
}

async function readHeader(label: string, bytes: ByteSequence): Promise<NpyHeader> {
  const start = await bytes.take(8);
  if (!start.subarray(0, 6).equals(magic)) {
    throw sampleError(label, 'is not an array that numpy.save wrote: it does not begin as one');
  }
  const wide = (start[6] as number) > 1;
  const length = await bytes.take(wide ? 4 : 2);
  const text = (await bytes.take(wide ? length.readUInt32LE() : length.readUInt16LE())).toString();
  const descr = /'descr': *(?:'([^']*)'|(\[))/.exec(text);
  const shape = /'shape': *\(([^)]*)\)/.exec(text)?.[1];
  const dims = shape?.split(',').flatMap((dim) => (dim.trim() ? [Number.parseInt(dim, 10)] : []));
  if (!descr || !dims?.every(Number.isSafeInteger)) {
    throw sampleError(label, 'is damaged: its header does not tell the type and the shape');
  }
  if (/'fortran_order': *True/.test(text) && dims.length > 1) {
    throw sampleError(label, 'is stored column by column (Fortran order)', {
      remedy: 'Save numpy.ascontiguousarray(array).',
    });
  }
  return { ...elementType(label, descr[1] ?? 'a record'), dims };
}

function elementType(label: string, descr: string): Pick<NpyHeader, 'type' | 'bigEndian'> {
  const type = types[descr.slice(1)];
  if (type) return { type, bigEndian: descr.startsWith('>') };
  const objects = descr === '|O';
  throw sampleError(
    label,
    `holds elements of the type ${objects ? 'object' : descr}, not numbers`,
    {
      remedy: objects
        ? 'They are pickled Python, which is never run: save arrays of numbers, rows of one length each.'
        : 'Convert it with array.astype, to numpy.float32 or numpy.int64.',
    },
  );
}

function swapBytes(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}
