import { checkOneOf, checkOptions, checkText, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import { chosenOutput } from '../classification/answers.js';
import { errorOfPearson, errorOfSpearman, pearson, spearman } from '../statistics/correlation.js';
import { iterateSamples, type Score, type Scorer, type Task, type TaskSamples } from '../task.js';
import { cosine, embeddingsOf, type Pooling, poolings } from './embeddings.js';

export interface SimilarityOptions {
  /** What the model is fed: read anew for each model. Each row of the output is an item. */
  samples: TaskSamples;
  /** How alike people find the two of each pair, in any unit. */
  scores: ArrayLike<number>;
  /** The items of each pair, by index. Default: 0 and 1, 2 and 3, and so on. */
  pairs?: readonly (readonly [number, number])[] | undefined;
  /** The output with a vector for each item, or for each of its tokens. Default: the first. */
  output?: string | undefined;
  /** Default: `'none'` for an output [rows, size], `'mean'` for one [rows, tokens, size]. */
  pooling?: Pooling | undefined;
  /** The input that is 0 at padding, which the mean leaves out. Default: `'attention_mask'`. */
  mask?: string | undefined;
  /** By which models are compared. Default: `'spearman'`. */
  metric?: (typeof metrics)[number] | undefined;
}

const metrics = ['spearman', 'pearson'] as const;

/**
 * Similarity of texts: how well the cosine of two embeddings follows what people say. Spearman's
 * coefficient compares the order, with the mean of their ranks for equal values, and Pearson's the
 * values. Standard errors are those of independent pairs.
 *
 * @throws TypeError for wrong arguments. While a model is scored: TensorRTError `ERR_SAMPLES` where
 * pairs and outputs do not fit each other.
 */
export function similarityTask(options: SimilarityOptions): Task {
  checkSimilarity(options);
  const { samples, metric = 'spearman' } = options;
  return {
    name: 'similarity',
    metric,
    better: 'higher',
    samples: () => iterateSamples(samples),
    score: (outputs) =>
      new SimilarityScorer(options, metric, chosenOutput(outputs, options.output)),
  };
}

function checkSimilarity(options: SimilarityOptions): void {
  checkOptions('options', options, [
    ...['samples', 'scores', 'pairs', 'output', 'pooling', 'mask', 'metric'],
  ]);
  const { scores, pairs, output, pooling, mask, metric } = options;
  if (typeof scores?.length !== 'number' || scores.length < 2) {
    throw invalidArgument('options.scores', 'a list of two numbers or more', scores);
  }
  const wrong = Array.prototype.find.call(scores, (score) => !Number.isFinite(score));
  if (wrong !== undefined) throw invalidArgument('options.scores', 'finite numbers', wrong);
  if (pairs !== undefined && pairs?.length !== scores.length) {
    throw invalidArgument('options.pairs', `${scores.length} pairs, one for each score`, pairs);
  }
  if (output !== undefined) checkText('options.output', output);
  if (mask !== undefined) checkText('options.mask', mask);
  if (pooling !== undefined) checkOneOf('options.pooling', pooling, poolings);
  if (metric !== undefined) checkOneOf('options.metric', metric, metrics);
}

class SimilarityScorer implements Scorer {
  readonly outputs: readonly [string];
  readonly #options: SimilarityOptions;
  readonly #metric: (typeof metrics)[number];
  readonly #embeddings: Float64Array[] = [];

  constructor(options: SimilarityOptions, metric: (typeof metrics)[number], output: string) {
    this.outputs = [output];
    this.#options = options;
    this.#metric = metric;
  }

  add(outputs: TensorMap, feeds: TensorMap): void {
    const output = outputs[this.outputs[0]] as Tensor;
    this.#embeddings.push(...embeddingsOf(output, feeds, this.#options));
  }

  finish(): Score {
    const { scores, pairs } = this.#options;
    if (!pairs && this.#embeddings.length !== 2 * scores.length) {
      throw mismatch(`${scores.length} scores of pairs`, this.#embeddings.length);
    }
    const cosines = Array.from(scores, (_, index) => {
      const [a, b] = pairs?.[index] ?? [2 * index, 2 * index + 1];
      const [first, second] = [this.#embeddings[a], this.#embeddings[b]];
      if (first && second) return cosine(first, second);
      throw mismatch(`a pair of the items ${a} and ${b}`, this.#embeddings.length);
    });
    const values = { spearman: spearman(cosines, scores), pearson: pearson(cosines, scores) };
    const errorOf = this.#metric === 'spearman' ? errorOfSpearman : errorOfPearson;
    const broken = cosines.filter(Number.isNaN).length;
    return {
      metrics: values,
      standardError: scores.length > 3 ? errorOf(values[this.#metric], scores.length) : undefined,
      notes: broken > 0 ? [`${broken} of ${scores.length} pairs have no cosine.`] : [],
    };
  }
}

function mismatch(wanted: string, items: number): TensorRTError {
  return new TensorRTError(
    'ERR_SAMPLES',
    `There are ${wanted}, and the model gives ${items} items.`,
    {
      remedy: 'Give each item of each pair a row of the output.',
    },
  );
}
