import { Model } from 'tensorrt-node';
import {
  type Architecture,
  type ArchitectureName,
  architectures,
  weightDims,
} from './architectures.js';
import { addBert, bertOpset } from './bert-onnx.js';
import { GraphBuilder } from './graph-builder.js';
import { addHead, type Head } from './heads.js';
import { RandomWeights } from './random-weights.js';

export interface RandomModelOptions {
  /** Default: `'none'`, the last hidden state. */
  readonly head?: Head;
  /** Whether there is an input for the types of tokens, in families whose models have one. Default: true. */
  readonly tokenTypes?: boolean;
  /** Default: 1. */
  readonly seed?: number;
}

/**
 * An encoder with weights drawn from a seed: the structure and the size of a published model, so that
 * it takes as long, and none of its knowledge.
 */
export function randomModel(
  architecture: ArchitectureName | Architecture,
  { head = 'none', tokenTypes = true, seed = 1 }: RandomModelOptions = {},
): Model {
  const sizes = typeof architecture === 'string' ? architectures[architecture] : architecture;
  const weights = new RandomWeights(weightDims(sizes, head), seed);
  const config = {
    model_type: sizes.family,
    hidden_size: sizes.hidden,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    hidden_act: 'gelu',
    layer_norm_eps: sizes.epsilon,
  };
  const graph = new GraphBuilder(`random-${sizes.family}`, bertOpset);
  const { lastHiddenState: name } = addBert(graph, weights, config, {
    tokenTypeIds: tokenTypes,
  });
  addHead(graph, weights, sizes.family, head, { name, size: sizes.hidden });
  return Model.fromProto(graph.build());
}
