import { Option } from 'commander';
import { type Pooling, poolings } from '../../evaluate/similarity/embeddings.js';
import { similarityTask } from '../../evaluate/similarity/similarity-task.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import { readLabelLists, readScores } from '../../samples/read-labels.js';
import type { TensorMap } from '../../tensor.js';
import { samplesOf } from '../sample-options.js';
import { labelsOption, outputOption, rowsRead } from './options.js';
import { neededLabels, type TaskCommand, type TaskFlags } from './task-command.js';

interface SimilarityFlags extends TaskFlags {
  outputName?: string;
  pairs?: string;
  pooling?: Pooling;
  metric?: string;
}

/**
 * `--task similarity`: a score for each pair. Texts of a pair are in two fields of a line; rows of
 * arrays are paired by `--pairs`, or are neighbours.
 */
export const similarity: TaskCommand<SimilarityFlags> = {
  metrics: ['spearman', 'pearson'],
  options: [
    labelsOption(),
    outputOption(),
    new Option('--pairs <field>', 'an array [pairs, 2] of rows (rows 0 and 1, 2 and 3, ...)'),
    new Option(
      '--pooling <name>',
      'how tokens become a vector (mean; none where it is one)',
    ).choices(poolings),
  ],
  async make(flags, inputs) {
    const { pairField, ...single } = flags;
    const { pairs, mask, pooling, outputName: output, metric } = single;
    const samples = samplesOf(single, { inputs });
    const scores = await readScores(samples.path, neededLabels(flags));
    const common = { pooling, output, mask, metric: metric as 'spearman' | undefined };
    if (pairField !== undefined) {
      const count = Math.min(scores.length, rowsRead(flags, inputs) ?? scores.length);
      return similarityTask({
        ...common,
        samples: () => bothTexts(flags, inputs),
        scores: scores.slice(0, count),
        pairs: Array.from({ length: count }, (_, index) => [index, count + index] as const),
      });
    }
    if (flags.limit !== undefined) throw new TypeError('Expected no --limit: pairs need all rows');
    const lists = pairs === undefined ? undefined : await readLabelLists(samples.path, pairs);
    return similarityTask({
      ...common,
      samples,
      scores,
      pairs: lists?.map(([a = -1, b = -1]) => [a, b] as const),
    });
  },
};

/** The first texts of all pairs, then the second. */
async function* bothTexts(
  { pairField, ...flags }: SimilarityFlags,
  inputs: readonly ValueInfo[],
): AsyncGenerator<TensorMap> {
  yield* samplesOf(flags, { inputs });
  yield* samplesOf({ ...flags, textField: pairField as string }, { inputs });
}
