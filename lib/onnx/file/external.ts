import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { posix, resolve, sep, win32 } from 'node:path';
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import {
  type ByteSource,
  isSystemError,
  readAt,
  systemReason,
  type WholeFile,
} from '../../files.js';
import { elementCount } from '../../tensor.js';
import { ConvertedRange, conversionOf } from '../tensor/converted-range.js';
import { elementTypeName, storedBytes } from '../tensor/element-types.js';

export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === TensorProto_DataLocation.EXTERNAL;
}

/** The value of an entry of a tensor's `external_data`, such as `'offset'`. */
export function externalEntry(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData.find((entry) => entry.key === key)?.value;
}

/** A file of external weights, remembered as it was when the model was loaded. */
export class ExternalFile implements WholeFile {
  readonly path: string;
  readonly byteLength: number;
  /** Whether parts of the file take no room on the disk. */
  readonly isSparse: boolean;
  readonly #identity: string;

  constructor(path: string) {
    this.path = path;
    const stats = statSync(path, { bigint: true });
    if (!stats.isFile()) {
      throw externalError(`The external data file '${path}' is not a regular file.`, {
        file: path,
        remedy: 'Put the file of weights there.',
      });
    }
    this.byteLength = Number(stats.size);
    this.isSparse = Number(stats.blocks) * 512 < this.byteLength;
    this.#identity = identityOf(stats);
  }

  /** @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` where the file was written since it was found. */
  async assertUnchanged(): Promise<void> {
    await (await this.open()).close();
  }

  /** Opens the file, and refuses it when it was written since: its offsets may mean something else. */
  async open(): Promise<FileHandle> {
    const handle = await open(this.path).catch((error) => {
      throw isSystemError(error) ? unreadable(this.path, error) : error;
    });
    const stats = await handle.stat({ bigint: true });
    if (identityOf(stats) === this.#identity) return handle;
    await handle.close();
    throw changed(this.path);
  }
}

function identityOf(stats: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

/** The bytes of one tensor within a file of external weights. Nothing is read before it is asked for. */
export class FileRange implements ByteSource {
  readonly file: ExternalFile;
  readonly offset: number;
  readonly byteLength: number;

  constructor(file: ExternalFile, offset: number, byteLength: number) {
    this.file = file;
    this.offset = offset;
    this.byteLength = byteLength;
  }

  get path(): string {
    return this.file.path;
  }

  /** The first bytes of the range, or all where it has fewer. */
  head(byteLength: number): FileRange {
    return new FileRange(this.file, this.offset, Math.min(byteLength, this.byteLength));
  }

  async read(signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(this.byteLength);
    await this.#withFile((handle) => this.#fill(handle, bytes, 0, signal));
    return bytes;
  }

  /**
   * Hands the bytes on in pieces.
   *
   * @param buffer - takes each piece in turn, so that memory stays flat.
   * @param write - receives a piece and its offset within the range.
   */
  async copyTo(
    buffer: Uint8Array,
    signal: AbortSignal | undefined,
    write: (piece: Uint8Array, offset: number) => Promise<void>,
  ): Promise<void> {
    await this.#withFile(async (handle) => {
      for (let done = 0; done < this.byteLength; done += buffer.byteLength) {
        const piece = buffer.subarray(0, Math.min(buffer.byteLength, this.byteLength - done));
        await this.#fill(handle, piece, done, signal);
        await write(piece, done);
      }
    });
  }

  async #withFile(use: (handle: FileHandle) => Promise<void>): Promise<void> {
    const handle = await this.file.open();
    try {
      await use(handle);
    } finally {
      await handle.close();
    }
  }

  async #fill(handle: FileHandle, bytes: Uint8Array, at: number, signal?: AbortSignal) {
    const read = await readAt(handle, bytes, this.offset + at, signal).catch((error) => {
      throw isSystemError(error) ? unreadable(this.path, error) : error;
    });
    if (read < bytes.byteLength) throw changed(this.path);
  }
}

/** The files of external weights of one model. */
export class ExternalData {
  readonly directory: string | undefined;
  readonly #files = new Map<string, ExternalFile>();

  /** @param directory - the folder of the model, which the locations are relative to. */
  constructor(directory: string | undefined) {
    this.directory = directory === undefined ? undefined : resolve(directory);
  }

  /**
   * Finds the bytes of an external tensor.
   *
   * @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` when the location is missing or leaves the
   * model's folder, or when the file is missing or too short.
   */
  locate(tensor: TensorProto): FileRange | ConvertedRange {
    const conversion = conversionOf(tensor);
    if (!conversion) return this.#locate(tensor, tensor.dataType);
    return new ConvertedRange(this.#locate(tensor, TensorProto_DataType.FLOAT), conversion);
  }

  /** @param elementType - the one in the file. */
  #locate(tensor: TensorProto, elementType: number): FileRange {
    const path = this.#resolve(tensor);
    const file = this.#open(tensor, path);
    const offset = byteEntry(tensor, 'offset', path) ?? 0;
    const byteLength = this.#byteLength(tensor, elementType, file, offset);
    if (offset + byteLength > file.byteLength) {
      throw externalError(
        `The external data file '${path}' is too short: tensor '${tensor.name}' needs bytes ${offset} to ${offset + byteLength}, the file has ${file.byteLength}.`,
        {
          tensor: tensor.name,
          file: path,
          remedy: 'The file is truncated: download or export the model again.',
        },
      );
    }
    return new FileRange(file, offset, byteLength);
  }

  /** @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` where a file was written since it was found. */
  async assertUnchanged(): Promise<void> {
    for (const file of this.#files.values()) await file.assertUnchanged();
  }

  /** The same files, but some looked at anew, because this process replaced them. */
  withReplaced(paths: readonly string[]): ExternalData {
    const copy = new ExternalData(this.directory);
    for (const [known, file] of this.#files) {
      if (!paths.includes(known)) copy.#files.set(known, file);
    }
    return copy;
  }

  #resolve(tensor: TensorProto): string {
    const location = externalEntry(tensor, 'location');
    if (!location || location.includes('\0')) {
      throw externalError(
        `Tensor '${tensor.name}' has external data without a location that names a file.`,
        {
          tensor: tensor.name,
          remedy: 'Export the model again.',
        },
      );
    }
    if (this.directory === undefined) {
      throw externalError(
        `Tensor '${tensor.name}' lies in the external data file '${location}', and the folder of the model is not known.`,
        {
          tensor: tensor.name,
          file: location,
          remedy: 'Use Model.load(), or pass the folder as { directory }.',
        },
      );
    }
    const path = resolve(this.directory, location);
    if (
      posix.isAbsolute(location) ||
      win32.isAbsolute(location) ||
      !isInside(this.directory, path)
    ) {
      throw externalError(
        `Tensor '${tensor.name}' refers to '${location}', outside the folder of the model.`,
        {
          tensor: tensor.name,
          file: location,
          remedy:
            'A model may only read files beside it or below: move the file there and correct the location.',
        },
      );
    }
    return path;
  }

  #open(tensor: TensorProto, path: string): ExternalFile {
    const known = this.#files.get(path);
    if (known) return known;
    try {
      const file = new ExternalFile(path);
      this.#files.set(path, file);
      return file;
    } catch (error) {
      throw isSystemError(error) ? unreadable(path, error, tensor.name) : error;
    }
  }

  #byteLength(
    tensor: TensorProto,
    elementType: number,
    file: ExternalFile,
    offset: number,
  ): number {
    const stated = byteEntry(tensor, 'length', file.path);
    const dims = tensor.dims.map(Number);
    const expected = storedBytes(elementType, elementCount(dims));
    if (stated !== undefined && expected !== undefined && stated !== expected) {
      throw externalError(
        `Tensor '${tensor.name}' of type ${elementTypeName(elementType)} and dims [${dims.join(', ')}] needs ${expected} bytes, but its external data has a length of ${stated}.`,
        { tensor: tensor.name, file: file.path, remedy: 'Export the model again.' },
      );
    }
    return stated ?? expected ?? Math.max(0, file.byteLength - offset);
  }
}

function byteEntry(tensor: TensorProto, key: string, file: string): number | undefined {
  const text = externalEntry(tensor, key);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw externalError(`Tensor '${tensor.name}' has external data with the ${key} '${text}'.`, {
    tensor: tensor.name,
    file,
    remedy: 'Export the model again.',
  });
}

function isInside(directory: string, path: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

function unreadable(path: string, cause: NodeJS.ErrnoException, tensor?: string): TensorRTError {
  const owner = tensor === undefined ? '' : ` of tensor '${tensor}'`;
  return externalError(
    `The external data file '${path}'${owner} cannot be read: ${systemReason(cause)}.`,
    { tensor, file: path, cause, remedy: 'Put the file beside the model: both belong together.' },
  );
}

function changed(path: string): TensorRTError {
  return externalError(`The external data file '${path}' was changed after the model was loaded.`, {
    file: path,
    remedy: 'Load the model again.',
  });
}

function externalError(
  message: string,
  details: ConstructorParameters<typeof TensorRTError>[2],
): TensorRTError {
  return new TensorRTError('ERR_ONNX_EXTERNAL_DATA', message, details);
}
