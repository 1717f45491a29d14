import { Option } from 'commander';
import { squadTask } from '../../evaluate/squad/squad-task.js';
import { numberThat, wholeNumber } from '../command.js';
import { strideOption } from './options.js';
import { neededTexts, type TaskCommand, type TaskFlags } from './task-command.js';

interface SquadFlags extends TaskFlags {
  stride?: number;
  questionLength?: number;
  answerLength?: number;
  v2?: true;
  nullThreshold?: number;
  startOutput?: string;
  endOutput?: string;
}

/** `--task squad`: questions about texts, in a file such as `dev-v1.1.json`. */
export const squad: TaskCommand<SquadFlags> = {
  metrics: ['f1', 'exact'],
  options: [
    strideOption(),
    new Option('--question-length <tokens>', 'tokens of a question at most (64)').argParser(
      wholeNumber,
    ),
    new Option('--answer-length <tokens>', 'tokens of an answer at most (30)').argParser(
      wholeNumber,
    ),
    new Option('--v2', 'score as SQuAD v2.0 (where a question has no answer, else as v1.1)'),
    new Option(
      '--null-threshold <logits>',
      'by v2.0: how much more must speak for no answer than for the best (0)',
    ).argParser(numberThat('that is finite', Number.isFinite)),
    new Option('--start-output <name>', 'the output for where answers begin (by its name)'),
    new Option('--end-output <name>', 'the output for where answers end (by its name)'),
  ],
  async make(flags, inputs) {
    const { maxLength, stride, batchSize, limit, nullThreshold, startOutput, endOutput } = flags;
    if ((startOutput === undefined) !== (endOutput === undefined)) {
      throw new TypeError('Expected --start-output and --end-output together');
    }
    const { samples: data, tokenizer } = neededTexts(flags, ['textField', 'pairField', 'mask']);
    return squadTask({
      ...{ data, tokenizer, inputs, maxLength, stride, batchSize, limit, nullThreshold },
      maxQuestionLength: flags.questionLength,
      maxAnswerLength: flags.answerLength,
      version: flags.v2 && 'v2.0',
      metric: flags.metric as 'f1' | undefined,
      outputs:
        startOutput === undefined || endOutput === undefined
          ? undefined
          : { start: startOutput, end: endOutput },
    });
  },
};
