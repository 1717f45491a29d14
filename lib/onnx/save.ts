import { basename, resolve } from 'node:path';
import { create, type Message } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  type ModelProto,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
} from 'onnx-buf';
import { TensorRTError } from '../errors.js';
import { type Payload, writeFiles } from '../files.js';
import { encodeModel, maxProtobufBytes, type SplitTensor, totalBytes } from './encode.js';
import { type ExternalData, externalEntry, isExternal } from './external.js';
import { shallowCopy } from './messages.js';

/** Where `save` puts the weights. */
export type ExternalDataChoice = 'auto' | 'always' | 'never';

/** Smaller tensors stay in the model: a reader finds shapes and scalars there. */
const smallestSplit = 1024;
/** So that a reader can map the weights into memory, page by page. */
const alignment = 4096;

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
  if (isExternal(tensor) || !isLarge(tensor)) return undefined;
  return { header: withoutData(tensor), rawData: tensor.rawData };
}

function isLarge(tensor: TensorProto): boolean {
  return tensor.rawData.byteLength >= smallestSplit;
}

/** The place of a tensor in the file of external data. */
interface Place {
  readonly offset: number;
  readonly byteLength: number;
}

interface ExternalPlan {
  readonly model: Payload[];
  readonly data: Payload[];
  readonly places: ReadonlyMap<TensorProto, Place>;
}

/** Encodes a model with its larger weights in one external file of the given name. */
function planExternal(model: ModelProto, external: ExternalData, dataName: string): ExternalPlan {
  const data: Payload[] = [];
  const places = new Map<TensorProto, Place>();
  let end = 0;
  const parts = encodeModel(model, (tensor, holder) => {
    if (!isExternal(tensor) && !(isInitializer(holder) && isLarge(tensor))) return undefined;
    const bytes = isExternal(tensor) ? external.locate(tensor) : tensor.rawData;
    const padding = (alignment - (end % alignment)) % alignment;
    if (padding > 0) data.push(new Uint8Array(padding));
    data.push(bytes);
    const place = { offset: end + padding, byteLength: bytes.byteLength };
    end = place.offset + place.byteLength;
    places.set(tensor, place);
    const header = withoutData(tensor);
    header.dataLocation = TensorProto_DataLocation.EXTERNAL;
    header.externalData = externalEntries(dataName, place);
    return { header };
  });
  return { model: parts, data, places };
}

/**
 * Python's onnx package leaves attributes inline too: only initializers move to the external file,
 * and what lay in one already.
 */
function isInitializer(holder: Message): boolean {
  return holder.$typeName === GraphProtoSchema.typeName;
}

function withoutData(tensor: TensorProto): TensorProto {
  const header: Partial<TensorProto> = shallowCopy(tensor);
  delete header.rawData;
  delete header.dataLocation;
  header.externalData = [];
  return header as TensorProto;
}

function externalEntries(location: string, { offset, byteLength }: Place) {
  const entries = { location, offset: `${offset}`, length: `${byteLength}` };
  return Object.entries(entries).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
}

export interface SaveRequest {
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
  /** The tensors whose external file was replaced by the save, with their places in the new one. */
  readonly moved: ReadonlyMap<TensorProto, Place>;
}

/** Writes a model: one file, or one with another of external data. All or nothing appears. */
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
  const dataPath = `${path}.data`;
  const plan = planExternal(model, external, basename(dataPath));
  checkProtobufSize(plan.model, path, 'Turn its large Constant nodes into initializers.');
  const files = [{ path, parts: plan.model }];
  if (plan.data.length > 0) files.unshift({ path: dataPath, parts: plan.data });
  const moved = new Map(
    [...plan.places].filter(
      ([tensor]) => isExternal(tensor) && external.locate(tensor).path === resolve(dataPath),
    ),
  );
  await writeFiles(files, signal);
  return {
    files: files.map((file) => file.path).reverse(),
    bytes: totalBytes(plan.model) + totalBytes(plan.data),
    moved,
  };
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

/** Writes the new places of moved tensors into the model in memory. */
export function followMoved(moved: Saved['moved']): void {
  for (const [tensor, place] of moved) {
    const location = externalEntry(tensor, 'location') ?? '';
    tensor.externalData = externalEntries(location, place);
  }
}
