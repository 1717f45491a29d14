/**
 * Exports a BERT encoder to ONNX from its weights alone, so that no Python is needed to get a
 * model. The graph is the one of Devlin et al., "BERT: Pre-training of Deep Bidirectional
 * Transformers" (2019), under the names that torch.onnx uses for it.
 */
import { TensorRTError } from 'tensorrt-node';
import type { GraphBuilder } from './graph-builder.js';
import type { Weight, Weights } from './safetensors.js';

/** The fields of a checkpoint's `config.json` that shape the graph. */
export interface BertConfig {
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
  /** Reads `token_type_ids` as a third input. Default: every token is of the first type. */
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
 * configuration says, or the configuration asks for an activation other than GELU.
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
  readonly #prefix: string;

  constructor(graph: GraphBuilder, weights: Weights, config: BertConfig, prefix: string) {
    if (config.hidden_act !== 'gelu') {
      throw new TensorRTError(
        'ERR_FILE',
        `The activation '${config.hidden_act}' is not supported.`,
        {
          remedy: "Choose a BERT checkpoint whose config.json says hidden_act 'gelu'.",
        },
      );
    }
    this.#graph = graph;
    this.#weights = weights;
    this.#config = config;
    this.#prefix = prefix;
  }

  run(readTokenTypes: boolean): BertOutputs {
    const graph = this.#graph;
    const ids = graph.input('input_ids', batchAndSequence);
    const attentionMask = graph.input('attention_mask', batchAndSequence);
    const types = readTokenTypes ? graph.input('token_type_ids', batchAndSequence) : undefined;

    const mask = graph.node('Cast', '', [attentionMask], { attributes: { to: 1 } });
    const maskBias = this.#maskBias(mask);
    let hidden = this.#embeddings(ids, types);
    for (let layer = 0; layer < this.#config.num_hidden_layers; layer++) {
      hidden = this.#layer(`encoder.layer.${layer}`, hidden, maskBias);
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
    const { hidden_size } = this.#config;
    const words = graph.node('Gather', scope, [this.#table('embeddings.word_embeddings'), ids], {
      label: 'word_embeddings/Gather',
    });
    const sequence = graph.node('Shape', scope, [ids], { attributes: { start: 1, end: 2 } });
    const table = this.#table('embeddings.position_embeddings');
    const first = graph.integers('first', [0]);
    const positions = graph.node('Slice', scope, [table, first, sequence, first], {
      label: 'position_embeddings/Slice',
    });
    const typed = types
      ? graph.node('Gather', scope, [this.#table('embeddings.token_type_embeddings'), types], {
          label: 'token_type_embeddings/Gather',
        })
      : graph.floats(
          'embeddings.token_type_embeddings.weight.0',
          [hidden_size],
          this.#weight('embeddings.token_type_embeddings.weight').data.subarray(0, hidden_size),
        );
    const wordsAndTypes = graph.node('Add', scope, [words, typed]);
    const sum = graph.node('Add', scope, [wordsAndTypes, positions], { label: 'Add_1' });
    return this.#layerNorm('embeddings.LayerNorm', sum);
  }

  #layer(name: string, hidden: string, maskBias: string): string {
    const context = this.#attention(`${name}.attention.self`, hidden, maskBias);
    const attended = this.#residual(`${name}.attention.output`, context, hidden);
    const wide = this.#linear(`${name}.intermediate.dense`, attended);
    const active = this.#graph.node('Gelu', scopeOf(`${name}.intermediate`), [wide]);
    return this.#residual(`${name}.output`, active, attended);
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
    const query = split('query', [0, 2, 1, 3]);
    const key = split('key', [0, 2, 3, 1]);
    const value = split('value', [0, 2, 1, 3]);

    const products = graph.node('MatMul', scope, [query, key]);
    const root = graph.scalar(`${name}.sqrt_head_size`, Math.sqrt(headSize));
    const scores = graph.node('Div', scope, [products, root]);
    const masked = graph.node('Add', scope, [scores, maskBias]);
    const shares = graph.node('Softmax', scope, [masked], { attributes: { axis: -1 } });
    const mixed = graph.node('MatMul', scope, [shares, value], { label: 'MatMul_1' });

    const joined = graph.node('Transpose', scope, [mixed], { attributes: { perm: [0, 2, 1, 3] } });
    const shape = graph.integers(`${name}.shape`, [0, 0, hidden_size]);
    return graph.node('Reshape', scope, [joined, shape]);
  }

  /** A projection, then the residual connection, then the normalization, as BERT orders them. */
  #residual(name: string, input: string, skipped: string): string {
    const projected = this.#linear(`${name}.dense`, input);
    const sum = this.#graph.node('Add', scopeOf(name), [projected, skipped]);
    return this.#layerNorm(`${name}.LayerNorm`, sum);
  }

  #linear(name: string, input: string): string {
    const graph = this.#graph;
    const scope = scopeOf(name);
    const weight = this.#weight(`${name}.weight`);
    const [outputs = 0, inputs = 0] = weight.dims;
    const matrix = graph.floats(`${name}.weight`, [inputs, outputs], transpose(weight));
    const product = graph.node('MatMul', scope, [input, matrix]);
    return graph.node('Add', scope, [product, this.#vector(`${name}.bias`, outputs)]);
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
    const { dims, data } = this.#weight(name);
    if (dims.length !== 1 || dims[0] !== length) {
      throw new TensorRTError(
        'ERR_FILE',
        `The weight '${name}' has the shape [${dims.join(', ')}] where [${length}] is needed.`,
        { tensor: name, remedy: 'Use the config.json that belongs to these weights.' },
      );
    }
    return this.#graph.floats(name, dims, data);
  }

  #weight(name: string): Weight {
    const weight = this.#weights.get(`${this.#prefix}${name}`);
    if (!weight) {
      throw new TensorRTError('ERR_FILE', `The weight '${this.#prefix}${name}' is missing.`, {
        tensor: name,
        remedy: 'Use FP32 weights of a BERT encoder and the config.json that belongs to them.',
      });
    }
    return weight;
  }
}

/** `encoder.layer.0.output` -> `/encoder/layer.0/output`, as torch.onnx scopes its nodes. */
function scopeOf(name: string): string {
  return `/${name.replaceAll('.', '/').replace(/\/(\d+)/g, '.$1')}`;
}

/** PyTorch keeps a linear layer as `[outputs, inputs]`; MatMul wants `[inputs, outputs]`. */
function transpose({ dims, data }: Weight): Float32Array {
  const [rows = 0, columns = 0] = dims;
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = data[row * columns + column] as number;
    }
  }
  return result;
}
