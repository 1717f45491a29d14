import { type FileHandle, open } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { type ModelProto, ModelProtoSchema } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { onFile, readAt } from '../../files.js';
import { maxProtobufBytes } from './encode.js';

/** Reads the whole file of a model into memory. */
export async function readModelFile(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return onModelFile(path, signal, async (handle, size) => {
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await readAt(handle, bytes, 0, signal));
  });
}

/** Opens the file of a model for as long as it is used. */
export async function onModelFile<T>(
  path: string,
  signal: AbortSignal | undefined,
  use: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  return onFile('read', path, async () => {
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      checkFileSize(size, path);
      return await use(handle, size);
    } finally {
      await handle.close();
    }
  });
}

/** @throws TensorRTError `ERR_ONNX_INVALID` */
function checkFileSize(size: number, file: string): void {
  if (size <= maxProtobufBytes) return;
  throw notOnnx(`its ${size} bytes are more than a protobuf message can have`, { file });
}

/**
 * Decodes a model; byte fields are views of `bytes`. Success says little: many a file that is not
 * ONNX decodes to an empty or inconsistent message, so validate the result.
 *
 * @throws TensorRTError `ERR_ONNX_INVALID`
 */
export function decodeModel(bytes: Uint8Array, file?: string): ModelProto {
  const remedy = remedyFor(bytes);
  if (bytes.byteLength === 0) throw notOnnx('it is empty', { file, remedy });
  let model: ModelProto;
  try {
    // Not a `Buffer`: its views would be buffers too, whose `slice` does not copy.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    model = fromBinary(ModelProtoSchema, plain);
  } catch (cause) {
    throw notOnnx(`it cannot be decoded (${(cause as Error).message})`, { file, remedy, cause });
  }
  if (!model.graph) throw notOnnx('it has no graph', { file, remedy });
  return model;
}

/** The tag of `ir_version`, which protobuf writers put first. */
const firstByte = 0x08;

function remedyFor(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  if (start.startsWith('version https://git-lfs')) {
    return 'It is a pointer of Git LFS: fetch the model itself with `git lfs pull`.';
  }
  return bytes[0] === firstByte
    ? 'It starts like one, so it may be truncated: download or export it again.'
    : 'Pass a file written by an ONNX exporter.';
}

function notOnnx(
  reason: string,
  details: { file?: string | undefined; remedy?: string; cause?: unknown },
): TensorRTError {
  const subject = details.file === undefined ? 'The data' : `'${details.file}'`;
  return new TensorRTError(
    'ERR_ONNX_INVALID',
    `${subject} is not an ONNX model: ${reason}.`,
    details,
  );
}
