import { type FamilyName, families } from './family.js';
import { type Head, labels, questionAnswering } from './heads.js';

/** The sizes of an encoder of the BERT family. */
export interface Architecture {
  readonly family: FamilyName;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly vocabulary: number;
  /** Rows of the table of positions. */
  readonly positions: number;
  /** Types of tokens, in families that have them. */
  readonly tokenTypes: number;
  readonly epsilon: number;
}

const bert = {
  family: 'bert',
  vocabulary: 30_522,
  positions: 512,
  tokenTypes: 2,
  epsilon: 1e-12,
} as const;

/** Published models, by the names under which their checkpoints are known. */
export const architectures = {
  minilm: { ...bert, layers: 6, hidden: 384, heads: 12 },
  'bert-base': { ...bert, layers: 12, hidden: 768, heads: 12 },
  'bert-large': { ...bert, layers: 24, hidden: 1024, heads: 16 },
  'roberta-base': {
    family: 'roberta',
    layers: 12,
    hidden: 768,
    heads: 12,
    vocabulary: 50_265,
    positions: 514,
    tokenTypes: 1,
    epsilon: 1e-5,
  },
  'distilbert-base': { ...bert, family: 'distilbert', layers: 6, hidden: 768, heads: 12 },
} as const satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof architectures;

/** The dims of every weight, by name, as a checkpoint has them. */
export function weightDims(architecture: Architecture, head: Head): Map<string, readonly number[]> {
  const { hidden, vocabulary, positions, tokenTypes } = architecture;
  const family = families[architecture.family];
  const dims = new Map<string, readonly number[]>();
  const addDense = (name: string, outputs: number, inputs: number) => {
    dims.set(`${name}.weight`, [outputs, inputs]);
    dims.set(`${name}.bias`, [outputs]);
  };
  const addNorm = (name: string) => {
    dims.set(`${name}.weight`, [hidden]);
    dims.set(`${name}.bias`, [hidden]);
  };

  dims.set('embeddings.word_embeddings.weight', [vocabulary, hidden]);
  dims.set('embeddings.position_embeddings.weight', [positions, hidden]);
  if (family.tokenTypes !== 'none')
    dims.set('embeddings.token_type_embeddings.weight', [tokenTypes, hidden]);
  addNorm('embeddings.LayerNorm');
  for (let layer = 0; layer < architecture.layers; layer++) {
    const name = `${family.layers}.${layer}`;
    for (const projection of Object.values(family.projections)) {
      addDense(`${name}.${family.attention}.${projection}`, hidden, hidden);
    }
    addDense(`${name}.${family.attended}`, hidden, hidden);
    addNorm(`${name}.${family.attendedNorm}`);
    addDense(`${name}.${family.widened}`, 4 * hidden, hidden);
    addDense(`${name}.${family.narrowed}`, hidden, 4 * hidden);
    addNorm(`${name}.${family.outputNorm}`);
  }
  if (head === 'pooler' && family.pooler) addDense(family.pooler, hidden, hidden);
  if (head === 'classification') {
    addDense(family.classifier.dense, hidden, hidden);
    addDense(family.classifier.output, labels, hidden);
  }
  if (head === 'question-answering') addDense(questionAnswering, 2, hidden);
  return dims;
}
