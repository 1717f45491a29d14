import type { Command } from 'commander';
import type { Model } from '../onnx/model.js';
import { readSamples, type SampleFile } from '../samples/read-samples.js';
import { wholeNumber } from './command.js';

/** Where samples come from, as it was given on the command line. */
export interface SampleFlags {
  samples?: string;
  tokenizer?: string;
  maxLength?: number;
  textField?: string;
  pairField?: string;
  batchSize?: number;
  limit?: number;
}

/** @param mostTokens - what is said of the default of `--max-length`. */
export function addSampleOptions(command: Command, mostTokens = '128'): Command {
  return command
    .option(
      '--samples <path>',
      'samples: .npz, .npy, .jsonl, a folder of arrays, or texts (also .csv, .tsv)',
    )
    .option('--limit <count>', 'take this many samples at most', wholeNumber)
    .option('--batch-size <count>', 'rows of arrays, or texts, in a sample (1)', wholeNumber)
    .option('--tokenizer <file>', 'a tokenizer.json: the samples are texts')
    .option(
      '--max-length <tokens>',
      `with --tokenizer: tokens of a text at most (${mostTokens})`,
      wholeNumber,
    )
    .option(
      '--text-field <name>',
      'with --tokenizer: the field of a JSON line, or the column of a table (text)',
    )
    .option('--pair-field <name>', 'with --tokenizer: the field of the second text');
}

/** @throws TypeError where `--samples` is missing: nothing is ever made up in its place. */
export function samplesOf(flags: SampleFlags, model: Pick<Model, 'inputs'>): SampleFile {
  const { samples, tokenizer, maxLength, textField, pairField, batchSize, limit } = flags;
  if (samples === undefined) {
    throw new TypeError('Expected --samples with data like that which the model will meet in use');
  }
  const options = { tokenizer, maxLength, textField, pairField, batchSize, limit };
  return readSamples(samples, model, options);
}
