import type { TensorMap } from 'tensorrt-node';
import { describe, expect, test } from 'vitest';
import { fitClassifier, simplestOfTheBest } from '../../scripts/quickstart/classifier.js';
import type { Review } from '../../scripts/quickstart/dataset.js';
import {
  fitLogistic,
  type LabelledRows,
  type LogisticModel,
  logLosses,
} from '../../scripts/quickstart/logistic.js';

const rows: LabelledRows = {
  features: 2,
  values: Float32Array.of(1, 0.5, -1, 0.25, 0.5, -2, -0.5, 1, 2, 2, -2, -1),
  labels: [1, 0, 1, 0, 0, 0],
};

/** What the fit has to minimise, written out. */
function objective({ weights, bias }: LogisticModel, penalty: number): number {
  const losses = rows.labels.map((label, i) => {
    const [a = 0, b = 0] = rows.values.subarray(2 * i, 2 * i + 2);
    const favourable = 1 / (1 + Math.exp(-(a * (weights[0] ?? 0) + b * (weights[1] ?? 0) + bias)));
    return -Math.log(label === 1 ? favourable : 1 - favourable);
  });
  const squares = weights.reduce((total, weight) => total + weight ** 2, 0);
  return losses.reduce((total, loss) => total + loss, 0) / losses.length + (penalty / 2) * squares;
}

describe('logistic regression', () => {
  test('finds the minimum for every penalty', () => {
    const penalties = [1, 0.1, 0.01];
    fitLogistic(rows, penalties).forEach((fit, index) => {
      const penalty = penalties[index] ?? Number.NaN;
      const lowest = objective(fit, penalty);
      for (const move of [-0.01, 0.01]) {
        for (const axis of [0, 1]) {
          const weights = fit.weights.map((weight, i) => (i === axis ? weight + move : weight));
          expect(objective({ weights, bias: fit.bias }, penalty)).toBeGreaterThan(lowest);
        }
        expect(objective({ ...fit, bias: fit.bias + move }, penalty)).toBeGreaterThan(lowest);
      }
    });
  });

  test('leaves the bias free of the penalty: without information it gives the odds', () => {
    const blank = { features: 1, values: new Float32Array(4), labels: [1, 1, 1, 0] as const };
    const [fit] = fitLogistic(blank, [10]);
    expect(fit?.bias).toBeCloseTo(Math.log(3), 3);
    expect(fit?.weights[0]).toBe(0);
  });

  test('shrinks weights under a larger penalty', () => {
    const [strong, weak] = fitLogistic(rows, [1, 0.01]).map(({ weights }) =>
      Math.hypot(...weights),
    );
    expect(strong).toBeLessThan(weak as number);
  });

  test('measures the log loss of each row, for extreme scores too', () => {
    const model = { weights: Float64Array.of(0.3, -0.2), bias: 0.1 };
    const losses = logLosses(rows, model);
    expect(losses.reduce((sum, loss) => sum + loss, 0) / 6).toBeCloseTo(objective(model, 0), 12);
    // All are right but the fifth, whose score of 20,000 is for a label of 0.
    const sure = { weights: Float64Array.of(1e4, 0), bias: 0 };
    expect(logLosses(rows, sure)).toEqual([0, 0, 0, 0, 20_000, 0]);
  });
});

test('the classifier is fitted on embeddings in the order of the texts, whatever the batches', async () => {
  // The embedding of a text is its first token; texts of different length change places in batches.
  const encoder = {
    infer: async ({ input_ids }: TensorMap) => {
      const [count = 0, length = 0] = input_ids?.dims ?? [];
      const data = Float32Array.from({ length: count }, (_, i) =>
        Number(input_ids?.data[i * length]),
      );
      return { embedding: { type: 'float32', dims: [count, 1], data } as const };
    },
  };
  const texts = (ids: readonly number[], labels: readonly (0 | 1)[]) => ({
    reviews: labels.map((label): Review => ({ text: '', film: '', label })),
    encoded: ids.map((id, i) => [id, ...new Array<number>(ids.length - i).fill(0)]),
  });
  const labels = [1, 0, 1, 0, 0] as const;
  const progress: number[] = [];
  const parts = { train: texts([5, -4, 3, -2, 1], labels), heldIn: texts([-1, 2], [0, 1]) };
  const fit = await fitClassifier(encoder, parts, 2, (done) => progress.push(done));
  const rows = { features: 1, values: Float32Array.of(5, -4, 3, -2, 1), labels };
  const [expected] = fitLogistic(rows, [fit.penalty]);
  expect(fit.weights[0]).toBeCloseTo(expected?.weights[0] as number, 1);
  expect(fit.bias).toBeCloseTo(expected?.bias as number, 1);
  expect(progress).toEqual([2, 4, 5, 7]);
});

test('of candidates that chance may have ordered, the simplest is taken', () => {
  // The third is best with a mean of 1 and a standard error of 0.5.
  const best = [0, 2, 0, 2];
  const worse = (by: number) => best.map((loss) => loss + by);
  expect(simplestOfTheBest([worse(0.6), worse(0.4), best, worse(0.1)])).toBe(1);
  expect(simplestOfTheBest([worse(0.6), best, worse(0.4)])).toBe(1);
  expect(simplestOfTheBest([best])).toBe(0);
});
