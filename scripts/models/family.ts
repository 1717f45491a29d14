/**
 * What sets the members of the BERT family apart: the names of their weights, how tokens are
 * counted, and where attention is scaled. Names are those of the checkpoints.
 */
export interface Family {
  /** Where the layers lie, each under its number. */
  readonly layers: string;
  /** Within a layer. */
  readonly attention: string;
  readonly projections: { readonly query: string; readonly key: string; readonly value: string };
  readonly attended: string;
  readonly attendedNorm: string;
  readonly widened: string;
  readonly activation: string;
  readonly narrowed: string;
  readonly outputNorm: string;
  /**
   * Whether tokens have a type, the first or the second text of a pair: they may be an input, or all
   * tokens are of the first, or there are none.
   */
  readonly tokenTypes: 'input' | 'first' | 'none';
  /**
   * The token that pads, where positions are counted past it: RoBERTa's first token has the position
   * `padding + 1`, and padding itself has that of its own id. Elsewhere positions begin at 0.
   */
  readonly padding?: number;
  /** Whether the queries are divided by the root of the head size, and not the scores. */
  readonly scalesQueries: boolean;
  /** A layer with Tanh on the first token, in families that are published with one. */
  readonly pooler?: string;
  /** Two layers on the first token, with an activation between. */
  readonly classifier: {
    readonly dense: string;
    readonly activation: 'Tanh' | 'Relu';
    readonly output: string;
  };
}

const bert: Family = {
  layers: 'encoder.layer',
  attention: 'attention.self',
  projections: { query: 'query', key: 'key', value: 'value' },
  attended: 'attention.output.dense',
  attendedNorm: 'attention.output.LayerNorm',
  widened: 'intermediate.dense',
  activation: 'intermediate',
  narrowed: 'output.dense',
  outputNorm: 'output.LayerNorm',
  tokenTypes: 'input',
  scalesQueries: false,
  pooler: 'pooler.dense',
  classifier: { dense: 'pooler.dense', activation: 'Tanh', output: 'classifier' },
};

/** As `model_type` of config.json names them. */
export type FamilyName = 'bert' | 'roberta' | 'distilbert';

export const families: Readonly<Record<FamilyName, Family>> = {
  bert,
  // Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach" (2019).
  roberta: {
    ...bert,
    tokenTypes: 'first',
    padding: 1,
    classifier: { dense: 'classifier.dense', activation: 'Tanh', output: 'classifier.out_proj' },
  },
  // Sanh et al., "DistilBERT, a distilled version of BERT" (2019).
  distilbert: {
    layers: 'transformer.layer',
    attention: 'attention',
    projections: { query: 'q_lin', key: 'k_lin', value: 'v_lin' },
    attended: 'attention.out_lin',
    attendedNorm: 'sa_layer_norm',
    widened: 'ffn.lin1',
    activation: 'ffn.activation',
    narrowed: 'ffn.lin2',
    outputNorm: 'output_layer_norm',
    tokenTypes: 'none',
    scalesQueries: true,
    classifier: { dense: 'pre_classifier', activation: 'Relu', output: 'classifier' },
  },
};
