/** Fits the classifier on the embeddings of the frozen encoder, once per encoder and texts. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Runtime } from 'tensorrt-node';
import { cacheFolder } from '../../lib/engine/cache/cache-folder.mjs';
import type { Runner } from './evaluate.js';
import { writeAtomically } from './files.js';
import { count } from './format.js';
import type { Inputs, Texts } from './inputs.js';
import { fitLogistic, type LabelledRows, type LogisticModel, logLosses } from './logistic.js';
import { embeddingModel } from './sentiment-model.js';
import type { Steps } from './steps.js';
import { makeBatches } from './tokenize.js';

export interface Classifier extends LogisticModel {
  /** The L2 penalty, as chosen on the held-in texts. */
  readonly penalty: number;
}

/** From strong to weak, since each fit starts from the one before. */
const penalties = [3e-3, 1e-3, 3e-4, 1e-4, 3e-5];

/** Increase it when the way of fitting changes, so that older results are not taken from the cache. */
const fitVersion = 2;

/** The classifier of these inputs: from the cache, else fitted and put there. */
export async function prepareClassifier(
  inputs: Inputs,
  options: { batchSize: number; threads: number },
  steps: Steps,
): Promise<Classifier> {
  const file = classifierFile(inputs);
  return steps.run(
    'Fit the classifier',
    async (advance) => {
      const known = await readClassifier(file);
      if (known) return known;
      await using encoder = await Runtime.load(embeddingModel(inputs.weights, inputs.config), {
        runtime: 'onnxruntime',
        threads: options.threads,
        isolate: false,
      });
      const total = inputs.train.reviews.length + inputs.heldIn.reviews.length;
      const classifier = await fitClassifier(encoder, inputs, options.batchSize, (done) =>
        advance(done, total, 'texts'),
      );
      await writeClassifier(file, classifier);
      return classifier;
    },
    ({ penalty }) => `${count(inputs.train.reviews.length)} texts, penalty ${penalty}`,
  );
}

/**
 * A logistic regression on the embeddings of `train`, with the penalty chosen by the log loss on
 * `heldIn`, which is less noisy than accuracy on a thousand texts.
 *
 * @param onProgress - receives the number of texts that were embedded.
 */
export async function fitClassifier(
  encoder: Runner,
  { train, heldIn }: Pick<Inputs, 'train' | 'heldIn'>,
  batchSize: number,
  onProgress: (textsDone: number) => void,
): Promise<Classifier> {
  const known = await embed(encoder, train, batchSize, onProgress);
  const unseen = await embed(encoder, heldIn, batchSize, (done) =>
    onProgress(train.reviews.length + done),
  );
  const fits = fitLogistic(known, penalties);
  const chosen = simplestOfTheBest(fits.map((fit) => logLosses(unseen, fit)));
  return { ...(fits[chosen] as LogisticModel), penalty: penalties[chosen] as number };
}

/**
 * The first candidate whose mean loss is within one standard error of the lowest: what is better by
 * less cannot be told from chance, and a stronger penalty makes answers hang less on small
 * differences (Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 7.10).
 *
 * @param losses - the losses of each candidate, the simplest candidate first.
 */
export function simplestOfTheBest(losses: readonly (readonly number[])[]): number {
  const means = losses.map(mean);
  const lowest = Math.min(...means);
  const best = losses[means.indexOf(lowest)] ?? [];
  const variance = mean(best.map((loss) => (loss - lowest) ** 2));
  const standardError = Math.sqrt(variance / best.length);
  return means.findIndex((loss) => loss <= lowest + standardError);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function embed(
  encoder: Runner,
  { reviews, encoded }: Texts,
  batchSize: number,
  onProgress: (textsDone: number) => void,
): Promise<LabelledRows> {
  let rows: LabelledRows | undefined;
  let done = 0;
  for (const { feeds, indices } of makeBatches(encoded, batchSize)) {
    const { embedding } = await encoder.infer(feeds);
    if (embedding?.type !== 'float32') throw new TypeError('Expected FP32 embeddings');
    const features = embedding.dims[1] as number;
    rows ??= {
      features,
      values: new Float32Array(reviews.length * features),
      labels: reviews.map(({ label }) => label),
    };
    for (const [row, index] of indices.entries()) {
      const values = embedding.data.subarray(row * features, (row + 1) * features);
      rows.values.set(values, index * features);
    }
    done += indices.length;
    onProgress(done);
  }
  if (!rows) throw new TypeError('Expected at least one text to embed');
  return rows;
}

/** The name tells all that the classifier was made from. */
function classifierFile({ weightsFile, train, heldIn }: Inputs): string {
  const hash = createHash('sha256').update(weightsFile);
  hash.update(JSON.stringify([fitVersion, penalties, train, heldIn]));
  const name = `classifier-${hash.digest('hex').slice(0, 16)}.json`;
  return join(cacheFolder(), 'quickstart', name);
}

async function readClassifier(file: string): Promise<Classifier | undefined> {
  try {
    const { weights, bias, penalty } = JSON.parse(await readFile(file, 'utf8'));
    return { weights: Float64Array.from(weights as number[]), bias, penalty };
  } catch {
    return undefined;
  }
}

async function writeClassifier(file: string, classifier: Classifier): Promise<void> {
  const { weights, bias, penalty } = classifier;
  await writeAtomically(file, JSON.stringify({ weights: [...weights], bias, penalty }));
}
