/**
 * Exports an encoder of the BERT family to ONNX from its weights alone, so that no Python is needed
 * to get a model. The graph is the one of Devlin et al., "BERT: Pre-training of Deep Bidirectional
 * Transformers" (2019), under the names that torch.onnx uses for it.
 */
import { TensorRTError } from 'tensorrt-node';
import { type Family, type FamilyName, families } from './family.js';
import type { GraphBuilder } from './graph-builder.js';
import { addLinear, scopeOf } from './linear.js';
import { vectorOf, type Weight, type Weights, weightOf } from './weights.js';

/** The fields of a checkpoint's `config.json` that shape the graph. */
export interface BertConfig {
  /** Default: `'bert'`. */
  readonly model_type?: FamilyName;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: string;
  readonly layer_norm_eps: number;
}

/** Needs `LayerNormalization` (17) and `Gelu` (20) as single operators. */
export const bertOpset = 20;

/** The sizes that are free when the model runs. */
export const batchAndSequence = ['batch', 'sequence'] as const;

export interface BertOptions {
  /** What the names of the weights start with, for example `bert.`. Default: nothing. */
  readonly prefix?: string;
  /**
   * Reads `token_type_ids` as a third input, in families whose models do. Default: every token is of
   * the first type.
   */
  readonly tokenTypeIds?: boolean;
}

export interface BertOutputs {
  /** FP32 `[batch, sequence, hidden_size]`. */
  readonly lastHiddenState: string;
  /** The attention mask as FP32 `[batch, sequence]`: 1 for a token, 0 for padding. */
  readonly mask: string;
}

/**
 * Adds the inputs `input_ids` and `attention_mask` (INT64 `[batch, sequence]`) and the encoder.
 *
 * @throws TensorRTError `ERR_FILE` when a weight is missing or has another shape than the
 * configuration says, or the configuration names another family or an activation other than GELU.
 */
export function addBert(
  graph: GraphBuilder,
  weights: Weights,
  config: BertConfig,
  options: BertOptions = {},
): BertOutputs {
  return new BertExporter(graph, weights, config, options.prefix ?? '').run(
    options.tokenTypeIds ?? false,
  );
}

/**
 * Added to the attention scores of padding. Its exponential is exactly 0 in FP32, and unlike the
 * lowest FP32 number it stays finite when the model is converted to FP16.
 */
const maskedScore = -10_000;

class BertExporter {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;
  readonly #config: BertConfig;
  readonly #family: Family;
  readonly #prefix: string;

  constructor(graph: GraphBuilder, weights: Weights, config: BertConfig, prefix: string) {
    const { model_type: familyName = 'bert', hidden_act } = config;
    const family = families[familyName];
    const unknown = !family
      ? `model_type '${familyName}'`
      : hidden_act === 'gelu'
        ? undefined
        : `hidden_act '${hidden_act}'`;
    if (unknown) {
      throw new TensorRTError('ERR_FILE', `A checkpoint with ${unknown} is not supported.`, {
        remedy: `Choose one whose config.json says hidden_act 'gelu' and model_type '${Object.keys(families).join("' or '")}'.`,
      });
    }
    this.#graph = graph;
    this.#weights = weights;
    this.#config = config;
    this.#family = family;
    this.#prefix = prefix;
  }

  run(readTokenTypes: boolean): BertOutputs {
    const graph = this.#graph;
    const ids = graph.input('input_ids', batchAndSequence);
    const attentionMask = graph.input('attention_mask', batchAndSequence);
    const hasTypes = readTokenTypes && this.#family.tokenTypes === 'input';
    const types = hasTypes ? graph.input('token_type_ids', batchAndSequence) : undefined;

    const mask = graph.node('Cast', '', [attentionMask], { attributes: { to: 1 } });
    const maskBias = this.#maskBias(mask);
    let hidden = this.#embeddings(ids, types);
    for (let layer = 0; layer < this.#config.num_hidden_layers; layer++) {
      hidden = this.#layer(`${this.#family.layers}.${layer}`, hidden, maskBias);
    }
    return { lastHiddenState: hidden, mask };
  }

  /** 0 where there is a token and {@link maskedScore} where there is padding: `[batch, 1, 1, sequence]`. */
  #maskBias(mask: string): string {
    const graph = this.#graph;
    const padding = graph.node('Sub', '', [graph.scalar('one', 1), mask]);
    const bias = graph.node('Mul', '', [padding, graph.scalar('masked_score', maskedScore)]);
    return graph.node('Unsqueeze', '', [bias, graph.integers('mask_axes', [1, 2])]);
  }

  #embeddings(ids: string, types: string | undefined): string {
    const graph = this.#graph;
    const scope = '/embeddings';
    const words = graph.node('Gather', scope, [this.#table('embeddings.word_embeddings'), ids], {
      label: 'word_embeddings/Gather',
    });
    const typed =
      this.#family.tokenTypes === 'none'
        ? words
        : graph.node('Add', scope, [words, this.#tokenTypes(types)]);
    const sum = graph.node('Add', scope, [typed, this.#positions(ids)]);
    return this.#layerNorm('embeddings.LayerNorm', sum);
  }

  /** Of every token, or one vector for all. */
  #tokenTypes(types: string | undefined): string {
    const name = 'embeddings.token_type_embeddings';
    if (types) {
      return this.#graph.node('Gather', scopeOf(name), [this.#table(name), types]);
    }
    const { hidden_size } = this.#config;
    const first = this.#weight(`${name}.weight`).data.subarray(0, hidden_size);
    return this.#graph.floats(`${name}.weight.0`, [hidden_size], first);
  }

  #positions(ids: string): string {
    const graph = this.#graph;
    const table = this.#table('embeddings.position_embeddings');
    const { padding } = this.#family;
    if (padding !== undefined) {
      const positions = this.#positionsPast(padding, ids);
      return graph.node('Gather', '/embeddings/position_embeddings', [table, positions]);
    }
    const scope = '/embeddings';
    const sequence = graph.node('Shape', scope, [ids], { attributes: { start: 1, end: 2 } });
    const first = graph.integers('first', [0]);
    return graph.node('Slice', scope, [table, first, sequence, first], {
      label: 'position_embeddings/Slice',
    });
  }

  /** Tokens are counted from `padding + 1` on, and what pads stays at `padding`. */
  #positionsPast(padding: number, ids: string): string {
    const graph = this.#graph;
    const scope = '/embeddings';
    const id = graph.integer('embeddings.padding', padding);
    const isPadding = graph.node('Equal', scope, [ids, id]);
    const isToken = graph.node('Not', scope, [isPadding]);
    const ones = graph.node('Cast', scope, [isToken], { attributes: { to: 6 } });
    const counted = graph.node('CumSum', scope, [
      ones,
      graph.integer('embeddings.sequence_axis', 1),
    ]);
    const places = graph.node('Mul', scope, [counted, ones]);
    const offsets = graph.node('Cast', scope, [places], { attributes: { to: 7 } });
    return graph.node('Add', scope, [offsets, id], { label: 'position_ids' });
  }

  #layer(name: string, hidden: string, maskBias: string): string {
    const { attention, attended, attendedNorm, widened, activation, narrowed, outputNorm } =
      this.#family;
    const context = this.#attention(`${name}.${attention}`, hidden, maskBias);
    const joined = this.#residual(name, attended, attendedNorm, context, hidden);
    const wide = this.#linear(`${name}.${widened}`, joined);
    const active = this.#graph.node('Gelu', scopeOf(`${name}.${activation}`), [wide]);
    return this.#residual(name, narrowed, outputNorm, active, joined);
  }

  #attention(name: string, hidden: string, maskBias: string): string {
    const graph = this.#graph;
    const scope = scopeOf(name);
    const { hidden_size, num_attention_heads: heads } = this.#config;
    const headSize = hidden_size / heads;
    const split = (label: string, perm: readonly number[]): string => {
      const shape = graph.integers(`${name}.${label}.shape`, [0, 0, heads, headSize]);
      const projected = this.#linear(`${name}.${label}`, hidden);
      const parts = graph.node('Reshape', scope, [projected, shape], { label: `${label}/Reshape` });
      return graph.node('Transpose', scope, [parts], {
        label: `${label}/Transpose`,
        attributes: { perm },
      });
    };
    const { projections, scalesQueries } = this.#family;
    const query = split(projections.query, [0, 2, 1, 3]);
    const key = split(projections.key, [0, 2, 3, 1]);
    const value = split(projections.value, [0, 2, 1, 3]);
    const root = graph.scalar(`${name}.sqrt_head_size`, Math.sqrt(headSize));
    const scaled = (tensor: string) => graph.node('Div', scope, [tensor, root]);
    const scores = scalesQueries
      ? graph.node('MatMul', scope, [scaled(query), key])
      : scaled(graph.node('MatMul', scope, [query, key]));
    const masked = graph.node('Add', scope, [scores, maskBias]);
    const shares = graph.node('Softmax', scope, [masked], { attributes: { axis: -1 } });
    const mixed = graph.node('MatMul', scope, [shares, value]);

    const joined = graph.node('Transpose', scope, [mixed], { attributes: { perm: [0, 2, 1, 3] } });
    const shape = graph.integers(`${name}.shape`, [0, 0, hidden_size]);
    return graph.node('Reshape', scope, [joined, shape]);
  }

  /** A projection, then the residual connection, then the normalization, as BERT orders them. */
  #residual(layer: string, dense: string, norm: string, input: string, skipped: string): string {
    const projected = this.#linear(`${layer}.${dense}`, input);
    const normName = `${layer}.${norm}`;
    const scope = scopeOf(normName.slice(0, normName.lastIndexOf('.')));
    return this.#layerNorm(normName, this.#graph.node('Add', scope, [projected, skipped]));
  }

  #linear(name: string, input: string): string {
    return addLinear(this.#graph, this.#weights, name, input, this.#prefix);
  }

  #layerNorm(name: string, input: string): string {
    const { hidden_size, layer_norm_eps } = this.#config;
    const scale = this.#vector(`${name}.weight`, hidden_size);
    const bias = this.#vector(`${name}.bias`, hidden_size);
    return this.#graph.node('LayerNormalization', scopeOf(name), [input, scale, bias], {
      attributes: { axis: -1, epsilon: { float: layer_norm_eps } },
    });
  }

  #table(name: string): string {
    const { dims, data } = this.#weight(`${name}.weight`);
    return this.#graph.floats(`${name}.weight`, dims, data);
  }

  #vector(name: string, length: number): string {
    const { dims, data } = vectorOf(this.#weights, `${this.#prefix}${name}`, length);
    return this.#graph.floats(name, dims, data);
  }

  #weight(name: string): Weight {
    return weightOf(this.#weights, `${this.#prefix}${name}`);
  }
}
