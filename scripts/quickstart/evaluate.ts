/** Runs two precisions of a model side by side, and says what the difference is worth. */
import type { TensorMap } from 'tensorrt-node';
import type { Batch } from './tokenize.js';

/** What can run a model: a `Runtime` or a `Session`. */
export interface Runner {
  infer(feeds: TensorMap): Promise<TensorMap>;
}

/** Something that exists once per precision. */
export interface Pair<T> {
  fp32: T;
  int8: T;
}

export interface Comparison {
  /** Shares of right answers. */
  accuracy: Pair<number>;
  /** Of each accuracy, and of their difference, which is smaller because the texts are the same. */
  standardError: Pair<number> & { difference: number };
  /** The share of texts with the same answer. */
  agreement: number;
  answers: { bothRight: number; fp32OnlyRight: number; int8OnlyRight: number; bothWrong: number };
}

/**
 * The answer of each runner to each text, `1` for favourable. The runners take turns, batch by
 * batch, so that whatever else the machine does disturbs them alike.
 */
export async function predictSideBySide(
  runners: Pair<Runner>,
  batches: readonly Batch[],
  onProgress: (textsDone: number) => void,
): Promise<Pair<number[]>> {
  const answers: Pair<number[]> = { fp32: [], int8: [] };
  let done = 0;
  for (const [turn, { feeds, indices }] of batches.entries()) {
    for (const precision of inTurn(turn)) {
      const predicted = answersOf(await runners[precision].infer(feeds));
      indices.forEach((index, row) => {
        answers[precision][index] = predicted[row] as number;
      });
    }
    done += indices.length;
    onProgress(done);
  }
  return answers;
}

/**
 * Milliseconds of each call, one text per call, the runners taking turns.
 *
 * @param warmUp - how many of the first texts are run but not measured.
 */
export async function measureLatency(
  runners: Pair<Runner>,
  texts: readonly Batch[],
  warmUp: number,
  onProgress: (textsDone: number) => void,
): Promise<Pair<number[]>> {
  const milliseconds: Pair<number[]> = { fp32: [], int8: [] };
  for (const [turn, { feeds }] of texts.entries()) {
    for (const precision of inTurn(turn)) {
      const started = performance.now();
      await runners[precision].infer(feeds);
      if (turn >= warmUp) milliseconds[precision].push(performance.now() - started);
    }
    onProgress(turn + 1);
  }
  return milliseconds;
}

function inTurn(turn: number): (keyof Pair<unknown>)[] {
  return turn % 2 === 0 ? ['fp32', 'int8'] : ['int8', 'fp32'];
}

/** The class with the larger logit, for each row. */
function answersOf({ logits }: TensorMap): number[] {
  if (logits?.type !== 'float32') throw new TypeError('Expected FP32 logits from the model');
  const { data } = logits;
  return Array.from({ length: data.length / 2 }, (_, row) =>
    (data[2 * row + 1] as number) > (data[2 * row] as number) ? 1 : 0,
  );
}

export function compare(labels: readonly number[], answers: Pair<readonly number[]>): Comparison {
  const texts = labels.length;
  const count = (wanted: (fp32Right: boolean, int8Right: boolean) => boolean) =>
    labels.filter((label, i) => wanted(answers.fp32[i] === label, answers.int8[i] === label))
      .length;
  const bothRight = count((fp32, int8) => fp32 && int8);
  const fp32OnlyRight = count((fp32, int8) => fp32 && !int8);
  const int8OnlyRight = count((fp32, int8) => !fp32 && int8);
  const fp32 = (bothRight + fp32OnlyRight) / texts;
  const int8 = (bothRight + int8OnlyRight) / texts;
  return {
    accuracy: { fp32, int8 },
    standardError: {
      fp32: Math.sqrt((fp32 * (1 - fp32)) / texts),
      int8: Math.sqrt((int8 * (1 - int8)) / texts),
      difference: Math.sqrt(((fp32OnlyRight + int8OnlyRight) / texts - (fp32 - int8) ** 2) / texts),
    },
    agreement: labels.filter((_, i) => answers.fp32[i] === answers.int8[i]).length / texts,
    answers: {
      bothRight,
      fp32OnlyRight,
      int8OnlyRight,
      bothWrong: texts - bothRight - fp32OnlyRight - int8OnlyRight,
    },
  };
}

/** The value that a share of the values does not exceed, interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
