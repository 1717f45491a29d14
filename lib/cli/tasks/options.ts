import { Option } from 'commander';
import type { ValueInfo } from '../../onnx/value-info.js';
import { isJsonLines } from '../../samples/lines.js';
import { wholeNumber } from '../command.js';
import type { SampleFlags } from '../sample-options.js';

/** Options that several tasks have. */
export function labelsOption(): Option {
  return new Option('--labels <field>', 'the array or the field that holds the right answers');
}

export function labelNamesOption(): Option {
  return new Option('--label-names <names>', 'of the classes, by index: negative,positive');
}

export function outputOption(): Option {
  return new Option('--output-name <name>', 'the output that holds the answers (the first)');
}

export function strideOption(): Option {
  return new Option(
    '--stride <tokens>',
    'tokens between the beginnings of two windows of a text (squad: 128; perplexity: half)',
  ).argParser(wholeNumber);
}

/** Texts that are separated by commas. */
export function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((part) => part.trim());
}

/** How many rows `--limit` lets be read; undefined for all. */
export function rowsRead(
  { samples = '', limit, batchSize = 1, tokenizer }: SampleFlags,
  inputs: readonly ValueInfo[],
): number | undefined {
  if (limit === undefined) return undefined;
  // A line of numbers is a sample of its own.
  if (tokenizer === undefined && isJsonLines(samples)) return limit;
  const fixed = inputs[0]?.dims?.[0];
  return limit * (typeof fixed === 'number' ? fixed : batchSize);
}
