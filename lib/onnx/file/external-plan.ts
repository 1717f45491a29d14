import { create, type Message } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
} from 'onnx-buf';
import type { Payload } from '../../files.js';
import { forEachTensor, shallowCopy } from '../messages.js';
import { encodeModel } from './encode.js';
import { type ExternalData, type ExternalFile, FileRange, isExternal } from './external.js';

/** How many files of external data there are: one, one for each tensor, or as many as a limit takes. */
export type ExternalFiles = 'one' | 'perTensor' | { readonly maxBytes: number };

/** The place of a tensor in a file of external data. */
export interface Place {
  /** The file's name, beside the model. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** What is to be in a file of external data. */
export interface DataFile {
  readonly start?: ExternalFile | undefined;
  readonly parts: Payload[];
}

export interface ExternalPlan {
  readonly model: Payload[];
  /** The files of external data by name, in the order in which they were begun. */
  readonly files: ReadonlyMap<string, DataFile>;
  readonly places: ReadonlyMap<TensorProto, Place>;
}

export interface ExternalChoices {
  readonly files: ExternalFiles;
  /** Initializers of fewer bytes stay in the model: a reader finds shapes and scalars there. */
  readonly threshold: number;
}

/** Encodes a model with its larger weights in external files, whose names begin with the model's. */
export function planExternal(
  model: ModelProto,
  external: ExternalData,
  modelName: string,
  { files: choice, threshold }: ExternalChoices,
): ExternalPlan {
  const start = choice === 'one' ? fileToCopy(model, external) : undefined;
  const layout = new Layout(modelName, choice, start);
  const places = new Map<TensorProto, Place>();
  const parts = encodeModel(model, (tensor, holder) => {
    const isLarge = tensor.rawData.byteLength >= threshold && tensor.rawData.byteLength > 0;
    if (!isExternal(tensor) && !(isInitializer(holder) && isLarge)) return undefined;
    const bytes = isExternal(tensor) ? external.locate(tensor) : tensor.rawData;
    const place = layout.add(tensor.name, bytes);
    places.set(tensor, place);
    const header = withoutData(tensor);
    header.dataLocation = TensorProto_DataLocation.EXTERNAL;
    header.externalData = externalEntries(place.file, place);
    return { header };
  });
  return { model: parts, files: layout.files, places };
}

/** Copying a whole file cannot be interrupted. */
const largestCopy = 4 * 2 ** 30;
/** How much of a file has to be wanted for all of it to be copied. */
const wantedShare = 0.95;

/** A file that can be copied as it is, because nearly all of it is wanted. */
function fileToCopy(model: ModelProto, external: ExternalData): ExternalFile | undefined {
  const ranges = new Map<ExternalFile, Map<number, number>>();
  forEachTensor(ModelProtoSchema, model, (tensor) => {
    if (!isExternal(tensor)) return;
    const range = external.locate(tensor);
    // What is converted on the way is not in the file.
    if (!(range instanceof FileRange)) return;
    const { file, offset, byteLength } = range;
    const known = ranges.get(file) ?? new Map<number, number>();
    ranges.set(file, known.set(offset, Math.max(byteLength, known.get(offset) ?? 0)));
  });
  return [...ranges].find(([file, byOffset]) => {
    const wanted = [...byOffset.values()].reduce((sum, bytes) => sum + bytes, 0);
    return (
      !file.isSparse && file.byteLength <= largestCopy && wanted >= wantedShare * file.byteLength
    );
  })?.[0];
}

/** So that a reader can map the weights into memory, page by page. */
const alignment = 4096;

/** Lays tensors out in files. */
class Layout {
  readonly files = new Map<string, DataFile>();
  readonly #modelName: string;
  readonly #choice: ExternalFiles;
  readonly #start: ExternalFile | undefined;
  #current = '';
  #end = 0;

  /** @param start - what the first file begins with: tensors in it keep their places. */
  constructor(modelName: string, choice: ExternalFiles, start: ExternalFile | undefined) {
    this.#modelName = modelName;
    this.#choice = choice;
    this.#start = start;
    if (!start) return;
    this.#current = this.#nextName();
    this.files.set(this.#current, { start, parts: [] });
    this.#end = start.byteLength;
  }

  add(tensor: string, bytes: Payload): Place {
    if (bytes instanceof FileRange && bytes.file === this.#start) {
      return { file: this.#current, offset: bytes.offset, byteLength: bytes.byteLength };
    }
    const padding = (alignment - (this.#end % alignment)) % alignment;
    const offset = this.#end + padding;
    if (!this.#fits(offset + bytes.byteLength)) return this.#begin(tensor, bytes);
    const parts = this.files.get(this.#current)?.parts;
    if (padding > 0) parts?.push(new Uint8Array(padding));
    parts?.push(bytes);
    this.#end = offset + bytes.byteLength;
    return { file: this.#current, offset, byteLength: bytes.byteLength };
  }

  #fits(end: number): boolean {
    if (this.files.size === 0 || this.#choice === 'perTensor') return false;
    return this.#choice === 'one' || end <= this.#choice.maxBytes;
  }

  #begin(tensor: string, bytes: Payload): Place {
    this.#current = this.#choice === 'perTensor' ? this.#nameFor(tensor) : this.#nextName();
    this.files.set(this.#current, { parts: [bytes] });
    this.#end = bytes.byteLength;
    return { file: this.#current, offset: 0, byteLength: bytes.byteLength };
  }

  #nextName(): string {
    const count = this.files.size;
    return count === 0 ? `${this.#modelName}.data` : `${this.#modelName}.data.${count}`;
  }

  /** A name that every file system takes, however odd or long that of the tensor is. */
  #nameFor(tensor: string): string {
    const plain = tensor.replaceAll(/[^\w.-]+/g, '_').slice(-longestName);
    const base = `${this.#modelName}.${plain}`;
    let name = `${base}.data`;
    for (let count = 1; this.files.has(name); count++) name = `${base}.${count}.data`;
    return name;
  }
}

/** File systems take 255 bytes, of which the model's name and a temporary ending need some. */
const longestName = 100;

/**
 * Python's onnx package leaves attributes inline too: only initializers move to external files, and
 * what lay in one already.
 */
function isInitializer(holder: Message): boolean {
  return holder.$typeName === GraphProtoSchema.typeName;
}

/** A tensor's message without its bytes and without where they are. */
export function withoutData(tensor: TensorProto): TensorProto {
  const header: Partial<TensorProto> = shallowCopy(tensor);
  delete header.rawData;
  delete header.dataLocation;
  header.externalData = [];
  return header as TensorProto;
}

export function externalEntries(
  location: string,
  { offset, byteLength }: { offset: number; byteLength: number },
) {
  const entries = { location, offset: `${offset}`, length: `${byteLength}` };
  return Object.entries(entries).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
}
