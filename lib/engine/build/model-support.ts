import { checkOneOf, checkOptions } from '../../arguments.js';
import type { NodeReference, RecordedError } from '../../errors.js';
import { callNative } from '../../native.js';
import type { Model } from '../../onnx/model.js';
import { type BuilderOptions, checkBuilderOptions } from './build-options.js';
import { products } from '../library/libraries.js';
import { type LibraryOptions, libraryOptionNames, openLibrary } from '../library/library.js';
import { openModel, withModelFile } from './model-source.js';

export interface SupportOptions
  extends LibraryOptions,
    Pick<BuilderOptions, 'parserFlags' | 'plugins'> {
  /** Ends the wait for a model that is read; the promise rejects with the signal's `reason`. */
  signal?: AbortSignal | undefined;
}

/** A complaint of TensorRT's ONNX parser, with TensorRT's own name of its kind. */
export interface ModelError extends RecordedError {
  /** Names of the model's local functions that lead to the node, outermost first. */
  readonly functionStack: readonly string[];
}

/** A run of nodes that TensorRT could take together. */
export interface ModelSubgraph {
  /** Whether it surely does; false where it did not try the run by itself. */
  readonly supported: boolean;
  /** `name` is absent for a node that has none, `index` is its position in the graph. */
  readonly nodes: readonly NodeReference[];
}

/** What {@link supportsModel} found. */
export interface ModelSupport {
  /** Whether the parser takes all of the model. The builder may still refuse it. */
  readonly supported: boolean;
  readonly subgraphs: readonly ModelSubgraph[];
  /** The nodes that are in no sub-graph. */
  readonly refused: readonly NodeReference[];
  readonly errors: readonly ModelError[];
}

const optionNames: readonly (keyof SupportOptions)[] = [
  ...libraryOptionNames,
  'parserFlags',
  'plugins',
  'signal',
];

/**
 * Asks TensorRT's ONNX parser which parts of a model it takes, without building an engine.
 *
 * @param model - a model, or the path of an ONNX file.
 * @throws TypeError for wrong options.
 * @throws TensorRTError ERR_FILE, ERR_ONNX_INVALID, ERR_ONNX_EXTERNAL_DATA, ERR_UNSUPPORTED,
 * ERR_TRT_LIBRARY_NOT_FOUND, ERR_TRT_LIBRARY_VERSION, ERR_ADDON
 */
export async function supportsModel(
  model: Model | string,
  options: SupportOptions = {},
): Promise<ModelSupport> {
  checkOptions('options', options, optionNames);
  const { product, libraryDir, parserFlags = {}, plugins = [], signal } = options;
  if (product !== undefined) checkOneOf('product', product, products);
  checkBuilderOptions({ parserFlags, plugins });
  const source = await openModel(model, { signal, outline: true });
  const { native } = await openLibrary({ product, libraryDir });
  for (const path of plugins) await callNative(() => native.loadPlugins(path));
  const { supported, subgraphs, errors } = await withModelFile(source, signal, (path) =>
    callNative(() => native.checkModel(path, { ...parserFlags })),
  );
  const nodes = source.model.graph.nodes.map(({ name, opType }, index) => ({
    ...(name && { name }),
    opType,
    index,
  }));
  const taken = new Set(subgraphs.flatMap((subgraph) => subgraph.nodes));
  return {
    supported,
    subgraphs: subgraphs.map((subgraph) => ({
      supported: subgraph.supported,
      nodes: subgraph.nodes.map((index) => nodes[index] ?? { index }),
    })),
    refused: nodes.filter(({ index }) => !taken.has(index)),
    errors,
  };
}
