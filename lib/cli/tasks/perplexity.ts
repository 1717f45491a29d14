import { Option } from 'commander';
import { perplexityTask } from '../../evaluate/perplexity/perplexity-task.js';
import { samplesOf } from '../sample-options.js';
import { labelsOption, outputOption, strideOption } from './options.js';
import { neededTexts, type TaskCommand, type TaskFlags } from './task-command.js';

interface PerplexityFlags extends TaskFlags {
  outputName?: string;
  stride?: number;
  masked?: true;
}

/** `--task perplexity`: language models, on a text or on ids that are ready to be fed. */
export const perplexity: TaskCommand<PerplexityFlags> = {
  metrics: ['perplexity'],
  options: [
    labelsOption(),
    outputOption(),
    strideOption(),
    new Option('--masked', 'hide each token in turn, for models such as BERT (causal models)'),
  ],
  async make(flags, inputs) {
    const { labels, mask, outputName: logits, stride, masked } = flags;
    if (flags.tokenizer === undefined) {
      const idle = stride === undefined ? masked && '--masked' : '--stride';
      if (idle) throw new TypeError(`Expected --tokenizer beside ${idle}`);
      return perplexityTask({ samples: samplesOf(flags, { inputs }), labels, mask, logits });
    }
    const { samples: path, tokenizer } = neededTexts(flags, ['labels', 'mask', 'pairField']);
    const { maxLength, batchSize, limit, textField } = flags;
    const texts = { path, tokenizer, inputs, maxLength, stride, batchSize, limit, textField };
    return perplexityTask({ samples: { ...texts, masked }, logits });
  },
};
