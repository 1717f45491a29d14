import { Option } from 'commander';
import { classificationTask } from '../../evaluate/classification/classification-task.js';
import { readLabels } from '../../samples/read-labels.js';
import { numberThat } from '../command.js';
import { samplesOf } from '../sample-options.js';
import { labelNamesOption, labelsOption, listOf, outputOption, rowsRead } from './options.js';
import { neededLabels, type TaskCommand, type TaskFlags } from './task-command.js';

interface ClassificationFlags extends TaskFlags {
  labelNames?: string;
  outputName?: string;
  threshold?: number;
  metric?: string;
}

/** `--task classification`: one label for each row. */
export const classification: TaskCommand<ClassificationFlags> = {
  metrics: ['accuracy', 'macroF1', 'weightedF1'],
  options: [
    labelsOption(),
    labelNamesOption(),
    outputOption(),
    new Option(
      '--threshold <value>',
      'of models with a single output value: class 1 above it (0, for logits)',
    ).argParser(numberThat('that is finite', Number.isFinite)),
  ],
  async make(flags, inputs) {
    const samples = samplesOf(flags, { inputs });
    const labelNames = listOf(flags.labelNames);
    const labels = await readLabels(samples.path, neededLabels(flags), { names: labelNames });
    return classificationTask({
      samples,
      labels: labels.slice(0, rowsRead(flags, inputs)),
      labelNames,
      output: flags.outputName,
      padding: flags.mask === undefined ? undefined : { mask: flags.mask },
      threshold: flags.threshold,
      metric: flags.metric as 'accuracy' | undefined,
    });
  },
};
