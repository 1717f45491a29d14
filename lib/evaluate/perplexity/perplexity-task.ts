import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkText,
  invalidArgument,
} from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import type { TensorMap } from '../../tensor.js';
import { chosenOutput } from '../classification/answers.js';
import { errorOfMean } from '../statistics/standard-error.js';
import { iterateSamples, type Score, type Scorer, type Task, type TaskSamples } from '../task.js';
import { nextTokens, type Target } from './targets.js';
import { textWindows } from './text-windows.js';
import { tokenLosses } from './token-losses.js';

/** Texts in a file, which are cut into windows. */
export interface PerplexityTexts {
  /** A text, which counts as one however many lines it has, or JSON lines with a text each. */
  path: string;
  /** The `tokenizer.json` of the model. Needs the package `@huggingface/tokenizers`. */
  tokenizer: string;
  /** Of the model: ids, and where it takes them mask, types and positions, [batch, length]. */
  inputs: readonly ValueInfo[];
  /** Tokens of a window at most. Default: 512. */
  maxLength?: number | undefined;
  /**
   * Tokens between the beginnings of two windows: the smaller, the more each token has before it,
   * and the more there is to run. Default: half of `maxLength`.
   */
  stride?: number | undefined;
  /** Windows that are run at once, where the model leaves that open. Default: 1. */
  batchSize?: number | undefined;
  /** The samples to run at most. Default: all. */
  limit?: number | undefined;
  /** The field of a JSON line. Default: `'text'`. */
  textField?: string | undefined;
  /**
   * For masked language models, as BERT: each token in turn is hidden and predicted from both sides,
   * which makes as many rows as there are tokens. Default: false, for causal models, as GPT.
   */
  masked?: boolean | undefined;
}

export interface PerplexityOptions {
  /** What a causal model is fed, or texts. */
  samples: TaskSamples | PerplexityTexts;
  /** The output [batch, length, vocabulary]. Default: `logits`, or else the first. */
  logits?: string | undefined;
  /** Of feeds: the input with the ids, of which those below 0 do not count. Default: `input_ids`. */
  labels?: string | undefined;
  /** Of feeds: the input that is 0 for padding. Default: `attention_mask`, where it is fed. */
  mask?: string | undefined;
}

/**
 * Perplexity of a language model: e to the power of the mean of -ln p over tokens, of which each is
 * predicted from those before it.
 *
 * Metrics are `perplexity`, `loss` (that mean, in nats) and `accuracy` (the share of tokens that the
 * model thinks likeliest). The standard error of the perplexity is that of the loss, times the
 * perplexity, as if tokens were independent.
 *
 * @throws TypeError for wrong arguments. While a model is scored: TensorRTError `ERR_SAMPLES` where
 * samples or outputs are not those of a language model, `ERR_FILE`.
 */
export function perplexityTask(options: PerplexityOptions): Task {
  checkPerplexity(options);
  const { samples, labels = 'input_ids', mask = 'attention_mask' } = options;
  // What the windows shall predict, by their number: the same each time they are read.
  const targets: (readonly Target[])[] = [];
  return {
    name: 'perplexity',
    metric: 'perplexity',
    better: 'lower',
    samples: () => (isTexts(samples) ? feedsOf(samples, targets) : iterateSamples(samples)),
    score: (outputs) =>
      new PerplexityScorer(chosenOutput(outputs, logitsIn(outputs, options)), (feeds, sample) =>
        isTexts(samples) ? (targets[sample] ?? []) : nextTokens(feeds, labels, mask),
      ),
  };
}

/** Undefined for the first. */
function logitsIn(outputs: readonly string[], { logits }: PerplexityOptions): string | undefined {
  return logits ?? outputs.find((name) => name === 'logits');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isFeeds(samples: unknown): samples is TaskSamples {
  if (typeof samples === 'function') return true;
  return isObject(samples) && (Symbol.iterator in samples || Symbol.asyncIterator in samples);
}

function isTexts(samples: TaskSamples | PerplexityTexts): samples is PerplexityTexts {
  return 'tokenizer' in samples;
}

async function* feedsOf(
  texts: PerplexityTexts,
  targets: (readonly Target[])[],
): AsyncGenerator<TensorMap> {
  const { maxLength = 512, stride = Math.ceil(maxLength / 2), batchSize = 1 } = texts;
  const { textField = 'text', masked = false, limit } = texts;
  let sample = 0;
  const options = { ...texts, maxLength, stride, batchSize, textField, masked };
  for await (const window of textWindows(options)) {
    targets[sample++] = window.targets;
    yield window.feeds;
    if (sample === limit) return;
  }
}

function checkPerplexity(options: PerplexityOptions): void {
  checkOptions('options', options, ['samples', 'logits', 'labels', 'mask']);
  const { samples, logits, labels, mask } = options;
  for (const [name, value] of Object.entries({ logits, labels, mask })) {
    if (value !== undefined) checkText(`options.${name}`, value);
  }
  if (isFeeds(samples)) return;
  if (!isObject(samples) || !isTexts(samples)) {
    throw invalidArgument('options.samples', 'feeds, or texts with a tokenizer', samples);
  }
  const counts = ['maxLength', 'stride', 'batchSize', 'limit'] as const;
  const known = ['path', 'tokenizer', 'inputs', 'textField', 'masked', ...counts];
  checkOptions('options.samples', samples, known);
  const { path, tokenizer, inputs, textField, masked } = samples;
  for (const [name, value] of Object.entries({ path, tokenizer })) {
    checkText(`options.samples.${name}`, value);
  }
  if (!Array.isArray(inputs)) {
    throw invalidArgument('options.samples.inputs', 'a list of inputs', inputs);
  }
  for (const name of counts) {
    const least = name === 'maxLength' ? 2 : 1;
    if (samples[name] !== undefined) checkInteger(`options.samples.${name}`, samples[name], least);
  }
  if (textField !== undefined) checkText('options.samples.textField', textField);
  if (masked !== undefined) checkBoolean('options.samples.masked', masked);
}

class PerplexityScorer implements Scorer {
  readonly outputs: readonly string[];
  readonly #output: string;
  readonly #targetsOf: (feeds: TensorMap, sample: number) => readonly Target[];
  #samples = 0;
  readonly #losses: number[] = [];
  readonly #likeliest: number[] = [];
  readonly #right: number[] = [];

  constructor(output: string, targetsOf: (feeds: TensorMap, sample: number) => readonly Target[]) {
    this.outputs = [output];
    this.#output = output;
    this.#targetsOf = targetsOf;
  }

  add(outputs: TensorMap, feeds: TensorMap): void {
    const targets = this.#targetsOf(feeds, this.#samples++);
    for (const [index, each] of tokenLosses(outputs, targets, this.#output).entries()) {
      this.#losses.push(each.loss);
      this.#likeliest.push(each.likeliest);
      this.#right.push(Number(each.likeliest === targets[index]?.id));
    }
  }

  finish(): Score {
    const tokens = this.#losses.length;
    if (tokens === 0) {
      throw new TensorRTError('ERR_SAMPLES', 'There is no token to predict.', {
        remedy: 'Give texts of two tokens or more.',
      });
    }
    const loss = this.#losses.reduce((sum, value) => sum + value, 0) / tokens;
    const perplexity = Math.exp(loss);
    const accuracy = this.#right.reduce((sum, value) => sum + value, 0) / tokens;
    const unknown = this.#likeliest.filter(Number.isNaN).length;
    return {
      metrics: { perplexity, loss, accuracy },
      standardError: perplexity * errorOfMean(this.#losses),
      answers: this.#likeliest,
      right: Uint8Array.from(this.#right),
      notes: unknown > 0 ? [`${unknown} of ${tokens} tokens have logits that are NaN.`] : [],
    };
  }
}
