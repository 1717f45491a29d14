/** Accuracy, agreement and latency of both precisions on one runtime. */
import {
  compare,
  measureLatency,
  type Pair,
  predictSideBySide,
  quantile,
  type Runner,
} from './evaluate.js';
import { percent } from './format.js';
import type { Texts } from './inputs.js';
import type { RuntimeFacts, RuntimeName } from './report.js';
import type { Steps } from './steps.js';
import { makeBatches, makeSingles } from './tokenize.js';

export interface ComparisonTexts {
  readonly heldOut: Texts;
  readonly batchSize: number;
  readonly latency: Texts;
  /** How many of the latency texts are run without being measured. */
  readonly warmUp: number;
}

export async function compareOn(
  runtime: RuntimeName,
  runners: Pair<Runner>,
  { heldOut, batchSize, latency, warmUp }: ComparisonTexts,
  steps: Steps,
): Promise<RuntimeFacts> {
  const comparison = await steps.run(
    `Compare by ${runtime.name}`,
    async (advance) => {
      const batches = makeBatches(heldOut.encoded, batchSize);
      const total = heldOut.reviews.length;
      const predicted = await predictSideBySide(runners, batches, (done) =>
        advance(done, total, 'texts'),
      );
      return compare(
        heldOut.reviews.map(({ label }) => label),
        predicted,
      );
    },
    ({ agreement }) => `${percent(agreement)} same answer`,
  );
  const latencySamplesMs = await steps.run(
    `Measure latency by ${runtime.name}`,
    (advance) => {
      const texts = makeSingles(latency.encoded);
      return measureLatency(runners, texts, warmUp, (done) => advance(done, texts.length, 'texts'));
    },
    ({ int8 }) => `${int8.length} calls each`,
  );
  const quantiles = (values: readonly number[]) => ({
    p50: quantile(values, 0.5),
    p95: quantile(values, 0.95),
  });
  return {
    runtime,
    ...comparison,
    latencyMs: { fp32: quantiles(latencySamplesMs.fp32), int8: quantiles(latencySamplesMs.int8) },
    latencySamplesMs,
  };
}
