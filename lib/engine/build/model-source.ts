import { stat } from 'node:fs/promises';
import { invalidArgument } from '../../arguments.js';
import { onFile } from '../../files.js';
import { Model } from '../../onnx/model.js';
import { writeModelFile } from '../../runtime/model-file.js';

/** An ONNX model that TensorRT will read from a file. */
export interface ModelSource {
  readonly model: Model;
  /** Where it is a file of the user's: the file, and how it was before it was read. */
  readonly file?: { readonly path: string; readonly state: string } | undefined;
}

/** What tells whether a file was replaced or written. */
export async function fileState(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await onFile('read', path, () => stat(path, { bigint: true }));
  return `${ino} ${size} ${mtimeNs}`;
}

/**
 * The model that a caller named, before anything is changed or waited for.
 *
 * @param options - `outline`: weights that lie in a file may stay there, for TensorRT to read.
 * @throws TypeError, TensorRTError ERR_FILE, ERR_ONNX_INVALID, ERR_ONNX_EXTERNAL_DATA
 */
export async function openModel(
  model: Model | string,
  { signal, outline }: { signal: AbortSignal | undefined; outline: boolean },
): Promise<ModelSource> {
  if (typeof model === 'string' && model !== '') {
    const state = await fileState(model);
    const loaded = outline
      ? await Model.loadOutline(model, signal)
      : await Model.load(model, { signal });
    return { model: loaded, file: { path: model, state } };
  }
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model or a path', model);
  // The parser can name a node in its errors only where the node has a name.
  const named = model.clone();
  named.graph.nameNodes();
  return { model: named };
}

/**
 * TensorRT's parser reads a file: then nothing is copied on the JavaScript thread, and models over
 * the 2 GiB that protobuf allows in memory work the same way.
 *
 * @param use - is told of the temporary folder where there is one.
 */
export async function withModelFile<T>(
  { model, file }: ModelSource,
  signal: AbortSignal | undefined,
  use: (path: string, folder: string | undefined) => Promise<T>,
): Promise<T> {
  if (file) return use(file.path, undefined);
  const written = await writeModelFile(model, signal);
  try {
    return await use(written.path, written.directory);
  } finally {
    await written.remove();
  }
}
