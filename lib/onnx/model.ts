import { dirname, resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
} from 'onnx-buf';
import { checkInteger, checkOptions, checkText, invalidArgument } from '../arguments.js';
import { concatenate, totalBytes } from './file/encode.js';
import { ExternalData, isExternal } from './file/external.js';
import type { ExternalFiles } from './file/external-plan.js';
import { decodeModel, readModelFile } from './file/load.js';
import { readModelOutline } from './file/outline.js';
import {
  checkProtobufSize,
  type ExternalDataChoice,
  encodeAsIs,
  followMoved,
  saveModel,
} from './file/save.js';
import { checkSaveOptions, defaultThreshold, type SaveOptions } from './file/save-options.js';
import { Graph } from './graph/graph.js';
import { subgraphsOf } from './graph/subgraphs.js';
import { copyMessage, forEachTensor } from './messages.js';
import { refuseConverted } from './tensor/converted-range.js';
import { validateModel } from './validate.js';
import type { ValueInfo } from './value-info.js';

export type { ValueInfo } from './value-info.js';
export type { ExternalDataChoice, ExternalFiles, SaveOptions };

/** What a model is made from, besides its protobuf message. */
interface Origin {
  readonly path?: string | undefined;
  readonly external: ExternalData;
}

/**
 * An ONNX model in memory.
 *
 * The protobuf message is the single source of truth; {@link Graph} is an editable view of it.
 * Weights are never copied without need: tensors are views of the file's bytes, external data is
 * read when asked for, and clones share all weights. Treat weight bytes as immutable, and replace
 * an initializer instead of writing to it.
 */
export class Model {
  readonly proto: ModelProto;
  /** The model's own graph; {@link graphs} has those inside too. */
  readonly graph: Graph;
  /** The file the model was loaded from. */
  readonly path: string | undefined;
  #external: ExternalData;

  private constructor(proto: ModelProto, { path, external }: Origin) {
    this.proto = proto;
    this.path = path;
    this.#external = external;
    this.graph = new Graph(proto.graph as GraphProto);
  }

  /**
   * Loads a model. Its external data is found and checked (each file exists and is long enough) but
   * not read. Fields that this package does not know are kept.
   *
   * @throws TensorRTError `ERR_FILE` when the file cannot be read, `ERR_ONNX_INVALID` when it is no
   * ONNX model or is damaged, `ERR_ONNX_EXTERNAL_DATA` when external data is missing or too short.
   */
  static async load(
    path: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Model> {
    checkPath(path);
    checkOptions('options', options, ['signal']);
    const bytes = await readModelFile(path, options.signal);
    return Model.#checked(decodeModel(bytes, path), path, dirname(path));
  }

  /**
   * Loads all of a model but its large weights, in whose place are zeros: for those who want to know
   * what it has and not what it computes. Takes little time and memory, whatever the model's size.
   *
   * @throws TensorRTError as {@link Model.load}
   * @internal
   */
  static async loadOutline(path: string, signal?: AbortSignal): Promise<Model> {
    const bytes = await readModelOutline(path, signal);
    return Model.#checked(decodeModel(bytes, path), path, dirname(path));
  }

  /**
   * Reads a model from memory. The model keeps views of `bytes`: do not change them afterwards.
   *
   * @param options - `directory`: the folder that external data is relative to.
   * @throws TensorRTError as {@link Model.load}
   */
  static fromBytes(bytes: Uint8Array, options: { directory?: string } = {}): Model {
    if (!(bytes instanceof Uint8Array)) throw invalidArgument('bytes', 'a Uint8Array', bytes);
    checkOptions('options', options, ['directory']);
    return Model.#checked(decodeModel(bytes), undefined, options.directory);
  }

  /**
   * Wraps a protobuf message, which the model owns from then on.
   *
   * @param options - `directory`: the folder that external data is relative to.
   * @throws TensorRTError as {@link Model.load}
   */
  static fromProto(proto: ModelProto, options: { directory?: string } = {}): Model {
    checkOptions('options', options, ['directory']);
    return Model.#checked(proto, undefined, options.directory);
  }

  static #checked(proto: ModelProto, path?: string, directory?: string): Model {
    validateModel(proto, path);
    const external = new ExternalData(directory);
    forEachTensor(ModelProtoSchema, proto, (tensor) => {
      if (isExternal(tensor)) external.locate(tensor);
    });
    return new Model(proto, { path, external });
  }

  get irVersion(): number {
    return Number(this.proto.irVersion);
  }

  /** The version of ONNX's own operators (the default domain); 0 when the model imports none. */
  get opset(): number {
    return Number(this.#defaultOpset?.version ?? 0n);
  }

  /**
   * Raises the opset of the default domain, and with `irVersion` the IR version. Only the numbers
   * are raised: the caller answers for every node meaning the same in the new version. What is
   * higher already stays.
   */
  setOpset(version: number, irVersion = 0): void {
    checkInteger('version', version, 1);
    checkInteger('irVersion', irVersion, 0);
    const imported = this.#defaultOpset;
    if (!imported) {
      this.proto.opsetImport.push(
        create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(version) }),
      );
    } else if (imported.version < version) {
      imported.version = BigInt(version);
    }
    if (this.irVersion < irVersion) this.proto.irVersion = BigInt(irVersion);
  }

  get #defaultOpset() {
    return this.proto.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  }

  /** What has to be fed: the graph's inputs that are not initializers. */
  get inputs(): readonly ValueInfo[] {
    return this.graph.inputs;
  }

  get outputs(): readonly ValueInfo[] {
    return this.graph.outputs;
  }

  /**
   * Every graph: the model's own, then the sub-graphs in it, outer ones first, then those in the
   * model's functions. The bodies of functions are no graphs: see {@link inlineFunctions}.
   */
  graphs(): readonly Graph[] {
    const graphs = [this.graph, ...this.#functionGraphs()];
    // The list grows by the sub-graphs of what is in it.
    for (const graph of graphs) graphs.push(...graph.subgraphs());
    return graphs;
  }

  /** The sub-graphs in functions, which see nothing of the model's own graph. */
  #functionGraphs(): Graph[] {
    return this.proto.functions.flatMap(({ node }) =>
      node.flatMap(subgraphsOf).map((proto) => new Graph(proto)),
    );
  }

  /** The notes in the model, by key. The record is a copy: change them with {@link setMetadata}. */
  get metadata(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.proto.metadataProps.map(({ key, value }) => [key, value]));
  }

  /** Adds a note, or replaces the one of the same key; undefined removes it. */
  setMetadata(key: string, value: string | undefined): void {
    checkText('key', key);
    const { metadataProps: notes } = this.proto;
    const known = notes.find((note) => note.key === key);
    if (value === undefined) this.proto.metadataProps = notes.filter((note) => note !== known);
    else if (known) known.value = value;
    else notes.push(create(StringStringEntryProtoSchema, { key, value }));
  }

  /** The files of external weights. @internal */
  get externalData(): ExternalData {
    return this.#external;
  }

  /** A model that can be edited without touching this one. Only the weights' bytes are shared. */
  clone(): Model {
    return new Model(copyMessage(this.proto), { path: this.path, external: this.#external });
  }

  /**
   * Checks the model as `load` does; worth a call after edits.
   *
   * @throws TensorRTError `ERR_ONNX_INVALID`
   */
  validate(): void {
    validateModel(this.proto, this.path);
  }

  /**
   * The model as it would be stored. External data is not part of it, and is referred to relative
   * to the folder of the model.
   *
   * @throws TensorRTError `ERR_ONNX_INVALID` for a model over 2 GiB, `ERR_ONNX_EXTERNAL_DATA` for one
   * whose external weights `toHalf` converts while they are read.
   */
  toBytes(): Uint8Array {
    forEachTensor(ModelProtoSchema, this.proto, refuseConverted);
    const parts = encodeAsIs(this.proto);
    checkProtobufSize(parts, this.path, 'Write it with save().');
    return concatenate(parts as Uint8Array[]);
  }

  /** The bytes of `toBytes()` and of the external data together, without encoding the weights. */
  byteLength(): number {
    let external = 0;
    forEachTensor(ModelProtoSchema, this.proto, (tensor) => {
      if (isExternal(tensor)) external += this.#external.locate(tensor).byteLength;
    });
    return totalBytes(encodeAsIs(this.proto)) + external;
  }

  /**
   * Writes the model. Nothing appears at `path` before all is written, and nothing stays behind
   * when it fails or is aborted. Saving over the model's own files is allowed.
   *
   * @returns the files written, the model's first, and their bytes together.
   * @throws TensorRTError `ERR_FILE` when a file cannot be written, `ERR_ONNX_EXTERNAL_DATA` when
   * external data cannot be read, `ERR_ONNX_INVALID` when the model is too large for one file.
   */
  async save(path: string, options: SaveOptions = {}): Promise<{ files: string[]; bytes: number }> {
    checkPath(path);
    checkSaveOptions(options);
    const { externalData: choice = 'auto', externalFiles: files = 'one' } = options;
    const { externalThreshold: threshold = defaultThreshold, signal } = options;
    const saved = await saveModel({
      path,
      model: this.proto,
      external: this.#external,
      choice,
      files,
      threshold,
      signal,
    });
    if (saved.moved.size > 0) {
      followMoved(saved.moved, path, this.#external.directory);
      this.#external = this.#external.withReplaced(saved.files.map((file) => resolve(file)));
    }
    return { files: saved.files, bytes: saved.bytes };
  }
}

function checkPath(path: string): void {
  if (typeof path !== 'string' || path === '') throw invalidArgument('path', 'a file name', path);
}
