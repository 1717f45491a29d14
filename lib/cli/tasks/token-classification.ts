import { Option } from 'commander';
import { tokenClassificationTask } from '../../evaluate/tokens/token-classification-task.js';
import { readLabelLists } from '../../samples/read-labels.js';
import { numberThat } from '../command.js';
import { samplesOf } from '../sample-options.js';
import { labelNamesOption, labelsOption, listOf, outputOption, rowsRead } from './options.js';
import { neededLabels, type TaskCommand, type TaskFlags } from './task-command.js';

interface TokenFlags extends TaskFlags {
  labelNames?: string;
  outputName?: string;
  ignoreLabel?: number;
  metric?: string;
}

/** `--task token-classification`: one label for each token. */
export const tokenClassification: TaskCommand<TokenFlags> = {
  metrics: ['accuracy', 'f1'],
  options: [
    labelsOption(),
    labelNamesOption(),
    outputOption(),
    new Option('--ignore-label <index>', 'of tokens that are not scored (-100)').argParser(
      numberThat('that is whole', Number.isInteger),
    ),
  ],
  async make(flags, inputs) {
    const samples = samplesOf(flags, { inputs });
    const labelNames = listOf(flags.labelNames);
    const labels = await readLabelLists(samples.path, neededLabels(flags), { names: labelNames });
    return tokenClassificationTask({
      samples,
      labels: labels.slice(0, rowsRead(flags, inputs)),
      labelNames,
      output: flags.outputName,
      ignore: flags.ignoreLabel,
      padding: flags.mask === undefined ? undefined : { mask: flags.mask },
      metric: flags.metric as 'f1' | undefined,
    });
  },
};
