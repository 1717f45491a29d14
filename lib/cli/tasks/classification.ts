import { Option } from 'commander';
import { classificationTask } from '../../evaluate/classification/classification-task.js';
import { readLabels } from '../../samples/read-labels.js';
import { numberThat } from '../command.js';
import { samplesOf } from '../sample-options.js';
import { labelNamesOption, labelsOption, listOf, maskOption } from './options.js';
import type { TaskCommand, TaskFlags } from './task-command.js';

interface ClassificationFlags extends TaskFlags {
  labelNames?: string;
  threshold?: number;
  metric?: 'accuracy' | 'macroF1' | 'weightedF1';
}

/** `--task classification`: one label for each row. */
export const classification: TaskCommand<ClassificationFlags> = {
  options: [
    labelsOption(),
    labelNamesOption(),
    maskOption(),
    new Option(
      '--threshold <value>',
      'of models with a single output value: class 1 above it (0, for logits)',
    ).argParser(numberThat('that is finite', Number.isFinite)),
    new Option('--metric <name>', 'by which models are compared (accuracy)').choices([
      'accuracy',
      'macroF1',
      'weightedF1',
    ]),
  ],
  async make(flags, inputs) {
    const { samples, labels, labelNames, mask, threshold, metric } = flags;
    if (labels === undefined) throw new TypeError('Expected --labels beside --task classification');
    const feeds = samplesOf(flags, { inputs });
    return classificationTask({
      samples: feeds,
      labels: await readLabels(samples as string, labels),
      labelNames: listOf(labelNames),
      padding: mask === undefined ? undefined : { mask },
      threshold,
      metric,
    });
  },
};
