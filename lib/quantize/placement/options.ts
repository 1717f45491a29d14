import { checkBoolean, checkOneOf, invalidArgument } from '../../arguments.js';
import { checkProfileList, type Profile } from '../../engine/build/profiles.js';
import type { Dim } from '../../onnx/shapes/inferred-shapes.js';
import type { NodeRole } from './plan.js';

/** The rule sets that have a name. */
export type SchemeName = 'transformer' | 'cnn' | 'weights-only';

/** What a {@link PlacementRule} is asked about. */
export interface PlacementCandidate {
  readonly node: string;
  readonly opType: string;
  readonly role: NodeRole;
  /** Shared by nodes that are quantized together or not at all. */
  readonly unit: string;
  /** The dims of its inputs as far as known: numbers, and names of dynamic sizes. */
  readonly inputs: readonly (readonly Dim[] | undefined)[];
  /** Why the scheme leaves it in float; undefined where it does not. */
  readonly obstacle: string | undefined;
}

/**
 * A rule of your own. `'float'` is final, for all nodes of the unit; `'quantize'` overrules the
 * scheme where a node could be quantized but seems not to pay; undefined leaves it to the next rule.
 */
export type PlacementRule = (candidate: PlacementCandidate) => 'quantize' | 'float' | undefined;

/** Which nodes are quantized; shared by `calibrate`, `quantize` and everything that tries both. */
export interface PlacementOptions {
  /**
   * `'transformer'`: linear layers, attention and residual connections. `'cnn'`: convolutions,
   * linear layers, residual connections and Concat. `'weights-only'`: weights of linear layers, while
   * activations stay in float. Default: `'cnn'` for a model with convolutions and without attention,
   * otherwise `'transformer'`.
   */
  scheme?: SchemeName | undefined;
  /**
   * The optimisation profiles that the engine will be built with. Attention is INT8 only where it
   * can be fused, which the largest sequence of any profile decides. Without profiles, dynamic
   * sequences are taken to be short enough.
   */
  profiles?: readonly Profile[] | undefined;
  /**
   * Attention as MatMul, Softmax and MatMul. `'auto'`: INT8 where TensorRT fuses it so. `'int8'`:
   * also where it does not. `'float'`: never; the linear layers around it are INT8 all the same.
   * Default: `'auto'`.
   */
  attention?: 'auto' | 'int8' | 'float' | undefined;
  /**
   * Whether the inputs of the Adds that end residual branches are quantized. `'skip'`: the skip
   * connection only, as NVIDIA's developer guide has it. True: the output of the linear layer too, as
   * in QDQBERT; its outliers can cost more accuracy than all else together. Default: `'skip'`.
   */
  residuals?: boolean | 'skip' | undefined;
  /** Whether embedding tables are stored as INT8. Default: false. */
  embeddings?: boolean | undefined;
  /** What is quantized computes in this type; it decides which attention is fused. Default: `'int8'`. */
  type?: 'int8' | 'fp8' | undefined;
  /** What everything else will compute in; INT8 attention is not fused with BF16. Default: `'fp32'`. */
  precision?: 'fp32' | 'fp16' | 'bf16' | undefined;
  /**
   * Names of nodes that stay in float; `*` stands for any characters. Nodes without a name have
   * the name that the report gives them.
   */
  keepFloat?: readonly string[] | undefined;
  /** Rules of your own, asked in order until one answers, for nodes that `keepFloat` does not name. */
  rules?: readonly PlacementRule[] | undefined;
}

export const placementOptionNames = [
  'scheme',
  'profiles',
  'attention',
  'residuals',
  'embeddings',
  'type',
  'precision',
  'keepFloat',
  'rules',
] as const;

/** Those of some options that say where. */
export function placementOf(options: PlacementOptions): PlacementOptions {
  const known = new Set<string>(placementOptionNames);
  return Object.fromEntries(Object.entries(options).filter(([name]) => known.has(name)));
}

/** @throws TypeError */
export function checkPlacementOptions(name: string, options: PlacementOptions): void {
  const { scheme, profiles, attention, residuals, embeddings, type, precision } = options;
  const { keepFloat = [], rules = [] } = options;
  if (scheme !== undefined) {
    checkOneOf(`${name}.scheme`, scheme, ['transformer', 'cnn', 'weights-only']);
  }
  if (profiles !== undefined) checkProfileList(`${name}.profiles`, profiles);
  if (attention !== undefined) {
    checkOneOf(`${name}.attention`, attention, ['auto', 'int8', 'float']);
  }
  if (residuals !== undefined && residuals !== 'skip') checkBoolean(`${name}.residuals`, residuals);
  if (embeddings !== undefined) checkBoolean(`${name}.embeddings`, embeddings);
  if (type !== undefined) checkOneOf(`${name}.type`, type, ['int8', 'fp8']);
  if (precision !== undefined) checkOneOf(`${name}.precision`, precision, ['fp32', 'fp16', 'bf16']);
  if (!Array.isArray(keepFloat) || keepFloat.some((pattern) => typeof pattern !== 'string')) {
    throw invalidArgument(`${name}.keepFloat`, 'an array of node names', keepFloat);
  }
  if (!Array.isArray(rules) || rules.some((rule) => typeof rule !== 'function')) {
    throw invalidArgument(`${name}.rules`, 'an array of functions', rules);
  }
}
