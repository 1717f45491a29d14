import {
  checkInteger,
  checkOneOf,
  checkOptions,
  checkText,
  invalidArgument,
} from '../../arguments.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import { TextLayout } from '../../samples/text-samples.js';
import { TextTokenizer } from '../../samples/tokenizer.js';
import type { TensorMap } from '../../tensor.js';
import type { Task } from '../task.js';
import { rulesFor } from './metrics.js';
import type { SpanOutputs } from './span-logits.js';
import { readSquad } from './squad-data.js';
import { type PreparedSquad, SquadScorer } from './squad-scorer.js';
import { SquadWindows } from './windows.js';

export interface SquadTaskOptions {
  /** A file in the format of SQuAD v1.1 or v2.0, such as `dev-v1.1.json`. */
  data: string;
  /** The `tokenizer.json` of the model. Needs the package `@huggingface/tokenizers`. */
  tokenizer: string;
  /** Of the model: ids, and where it takes them mask and types, [batch, length]. */
  inputs: readonly ValueInfo[];
  /** Tokens of question and text together, special ones among them. Default: 384. */
  maxLength?: number | undefined;
  /** Tokens between the beginnings of two windows of a text (`doc_stride`). Default: 128. */
  stride?: number | undefined;
  /** Tokens of a question at most; the rest is cut off. Default: 64. */
  maxQuestionLength?: number | undefined;
  /** Tokens of an answer at most. Default: 30. */
  maxAnswerLength?: number | undefined;
  /** The best beginnings and the best ends of each window that are combined. Default: 20. */
  nBest?: number | undefined;
  /** Windows that are run at once, where the model leaves that open. Default: 1. */
  batchSize?: number | undefined;
  /** The questions to ask at most. Default: all. */
  limit?: number | undefined;
  /** Default: `'v2.0'` where a question of the file has no answer, else `'v1.1'`. */
  version?: 'v1.1' | 'v2.0' | undefined;
  /**
   * By v2.0: a question counts as unanswered where the logits of the first token exceed those of the
   * best answer by more than this. Default: 0.
   */
  nullThreshold?: number | undefined;
  /** By which models are compared. Default: `'f1'`. */
  metric?: 'f1' | 'exact' | undefined;
  /** The names of the outputs. Default: found by their names. */
  outputs?: SpanOutputs | undefined;
}

const numbers = ['maxLength', 'stride', 'maxQuestionLength', 'maxAnswerLength'] as const;
const counts = ['nBest', 'batchSize', 'limit'] as const;

/**
 * Answers to questions about texts, scored as SQuAD's official scripts do. Texts that are too long are
 * seen in windows, and the best span of all windows is the answer, as `run_squad.py` of BERT finds
 * it; its text is cut out of the original.
 *
 * Metrics are `f1` and `exact`, from 0 to 1; by v2.0 also those of questions with an answer and
 * without, and the best that another threshold would give. The standard error is that of the mean over
 * questions, as if they were independent.
 *
 * @throws TypeError for wrong arguments. While samples are read: TensorRTError `ERR_SAMPLES` where
 * a file is damaged or the model cannot be fed with texts, `ERR_FILE`.
 */
export function squadTask(options: SquadTaskOptions): Task {
  checkSquadTask(options);
  const { metric = 'f1' } = options;
  let prepared: Promise<PreparedSquad> | undefined;
  let ready: PreparedSquad | undefined;
  return {
    name: 'squad',
    metric,
    better: 'higher',
    async *samples() {
      prepared ??= prepare(options);
      ready = await prepared;
      yield* feedsOf(ready);
    },
    score: () =>
      new SquadScorer(() => {
        if (!ready) throw new TypeError('Expected samples to be read before outputs are scored');
        return ready;
      }),
  };
}

function checkSquadTask(options: SquadTaskOptions): void {
  checkOptions('options', options, [
    ...['data', 'tokenizer', 'inputs', 'version', 'nullThreshold', 'metric', 'outputs'],
    ...[...numbers, ...counts],
  ]);
  const { data, tokenizer, inputs, version, nullThreshold, metric, outputs } = options;
  checkText('options.data', data);
  checkText('options.tokenizer', tokenizer);
  if (!Array.isArray(inputs)) throw invalidArgument('options.inputs', 'a list of inputs', inputs);
  for (const name of [...numbers, ...counts]) {
    const value = options[name];
    if (value !== undefined) checkInteger(`options.${name}`, value, 1);
  }
  if (version !== undefined) checkOneOf('options.version', version, ['v1.1', 'v2.0']);
  if (metric !== undefined) checkOneOf('options.metric', metric, ['f1', 'exact']);
  if (nullThreshold !== undefined && !Number.isFinite(nullThreshold)) {
    throw invalidArgument('options.nullThreshold', 'a finite number', nullThreshold);
  }
  if (outputs === undefined) return;
  checkOptions('options.outputs', outputs, ['start', 'end']);
  checkText('options.outputs.start', outputs.start);
  checkText('options.outputs.end', outputs.end);
}

async function prepare(options: SquadTaskOptions): Promise<PreparedSquad> {
  const { data, inputs, maxLength = 384, stride = 128, maxQuestionLength = 64 } = options;
  const { limit = Number.POSITIVE_INFINITY, batchSize = 1, outputs } = options;
  const { nBest = 20, maxAnswerLength = 30, nullThreshold = 0, metric = 'f1' } = options;
  const layout = new TextLayout(data, inputs, maxLength);
  const tokenizer = await TextTokenizer.load(options.tokenizer);
  const windowing = { maxLength: layout.mostTokens, stride, maxQuestionLength };
  const windows = new SquadWindows(tokenizer, windowing);
  const questions = [];
  const paragraphs = await readSquad(data);
  for (const paragraph of paragraphs) {
    if (questions.length >= limit) break;
    questions.push(...windows.questionsOf(paragraph));
    // Some milliseconds each: nobody shall wait for all of them.
    await new Promise(setImmediate);
  }
  questions.splice(limit);
  const items = questions.map(({ item }) => item);
  const version = options.version ?? (rulesFor(items) === 'v2.0' ? 'v2.0' : 'v1.1');
  return {
    questions,
    windows,
    layout,
    tokenizer,
    batchSize: layout.fixedBatch ?? batchSize,
    outputs,
    version,
    nullThreshold,
    metric,
    search: { nBest, maxAnswerLength },
  };
}

function* feedsOf({
  questions,
  windows,
  layout,
  tokenizer,
  batchSize,
}: PreparedSquad): Generator<TensorMap> {
  const all = questions.flatMap((question) => question.windows);
  for (let start = 0; start < all.length; start += batchSize) {
    const texts = all.slice(start, start + batchSize).map((window) => windows.encode(window));
    // A model with a fixed batch takes no less; what it says of the fillers is left out.
    while (layout.fixedBatch !== undefined && texts.length < batchSize) {
      texts.push(texts.at(-1) as (typeof texts)[number]);
    }
    yield layout.feedsOf(texts, tokenizer);
  }
}
