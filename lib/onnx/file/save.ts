import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { ModelProto, TensorProto } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { contentBytes, type Payload, writeFiles } from '../../files.js';
import { encodeModel, maxProtobufBytes, type SplitTensor, totalBytes } from './encode.js';
import { type ExternalData, isExternal } from './external.js';
import {
  type ExternalChoices,
  externalEntries,
  type Place,
  planExternal,
  withoutData,
} from './external-plan.js';

/** Where `save` puts the weights. */
export type ExternalDataChoice = 'auto' | 'always' | 'never';

/** Smaller tensors pass through the protobuf encoder: they are not worth a write of their own. */
const smallestSplit = 1024;

/** Encodes a model as it is: weights in memory inline, external data left where it is. */
export function encodeAsIs(model: ModelProto): Payload[] {
  return encodeModel(model, splitInline);
}

/** Encodes a model with all its weights inline, also those that lie in external files. */
export function encodeInline(model: ModelProto, external: ExternalData): Payload[] {
  return encodeModel(model, (tensor) =>
    isExternal(tensor)
      ? { header: withoutData(tensor), rawData: external.locate(tensor) }
      : splitInline(tensor),
  );
}

function splitInline(tensor: TensorProto): SplitTensor | undefined {
  if (isExternal(tensor) || tensor.rawData.byteLength < smallestSplit) return undefined;
  return { header: withoutData(tensor), rawData: tensor.rawData };
}

export interface SaveRequest extends ExternalChoices {
  readonly path: string;
  readonly model: ModelProto;
  readonly external: ExternalData;
  readonly choice: ExternalDataChoice;
  readonly signal: AbortSignal | undefined;
}

/** What was written, and what it means for the model in memory. */
export interface Saved {
  readonly files: string[];
  readonly bytes: number;
  /** The tensors whose external file was replaced by the save, with their places in the new ones. */
  readonly moved: ReadonlyMap<TensorProto, Place>;
}

/** Writes a model: one file, or one with others of external data. All or nothing appears. */
export async function saveModel(request: SaveRequest): Promise<Saved> {
  const { path, model, external, choice, signal } = request;
  signal?.throwIfAborted();
  if (choice !== 'always') {
    const parts = encodeInline(model, external);
    if (choice === 'never' || totalBytes(parts) <= maxProtobufBytes) {
      checkProtobufSize(parts, path, "Save it with externalData: 'auto'.");
      await writeFiles([{ path, parts }], signal);
      return { files: [path], bytes: totalBytes(parts), moved: new Map() };
    }
  }
  return saveExternally(request);
}

async function saveExternally(request: SaveRequest): Promise<Saved> {
  const { path, model, external, signal } = request;
  const plan = planExternal(model, external, basename(path), request);
  checkProtobufSize(plan.model, path, 'Turn its large Constant nodes into initializers.');
  const data = [...plan.files].map(([name, file]) => ({ path: besides(path, name), ...file }));
  const replaced = new Set(data.map((file) => resolve(file.path)));
  const moved = new Map(
    [...plan.places].filter(
      ([tensor]) => isExternal(tensor) && replaced.has(external.locate(tensor).path),
    ),
  );
  // The model comes last: whoever sees it finds its data there.
  const main = { path, parts: plan.model };
  await writeFiles([...data, main], signal);
  return {
    files: [path, ...data.map((file) => file.path)],
    bytes: [main, ...data].reduce((sum, file) => sum + contentBytes(file), 0),
    moved,
  };
}

/** A file beside another, written as that one's path is: relative or absolute. */
function besides(path: string, name: string): string {
  return path.slice(0, path.length - basename(path).length) + name;
}

/** @throws TensorRTError `ERR_ONNX_INVALID` when protobuf cannot hold the model in one message. */
export function checkProtobufSize(
  parts: readonly Payload[],
  path: string | undefined,
  remedy: string,
): void {
  const bytes = totalBytes(parts);
  if (bytes <= maxProtobufBytes) return;
  throw new TensorRTError(
    'ERR_ONNX_INVALID',
    `The model takes ${bytes} bytes, more than the 2 GiB that one protobuf message can hold.`,
    { file: path, remedy },
  );
}

/**
 * Writes the new places of moved tensors into the model in memory.
 *
 * @param path - where the model was saved.
 * @param directory - the folder that locations in the model are relative to.
 */
export function followMoved(
  moved: Saved['moved'],
  path: string,
  directory: string | undefined,
): void {
  for (const [tensor, place] of moved) {
    const file = resolve(dirname(path), place.file);
    const location = relative(directory ?? dirname(path), file).replaceAll(sep, '/');
    tensor.externalData = externalEntries(location, place);
  }
}
