/** Which questions of normalised answers the scripts answer differently: those about empty ones. */
export type SquadRules = 'v1.1' | 'v2.0' | 'torchmetrics';

/** How well one answer fits the best of those that are right. */
export interface AnswerScore {
  /** 1 where both are the same after {@link normalizeAnswer}, else 0. */
  readonly exact: number;
  /** The harmonic mean of precision and recall of words, from 0 to 1. */
  readonly f1: number;
}

/**
 * The score of one answer, as `evaluate-v1.1.py` and `evaluate-v2.0.py` of SQuAD give it, equal to
 * the last bit. The rules differ where nothing is left of an answer after {@link normalizeAnswer}:
 *
 * - `'v1.1'`: two empty answers share no word, so F1 is 0 though the match is exact.
 * - `'v2.0'`: two empty answers agree, F1 is 1. Right answers of which nothing is left do not count;
 *   where none remains, the right answer is the empty one.
 * - `'torchmetrics'`: as its `SQuAD`; two empty answers agree, and all right answers count.
 *
 * @param answers - the right ones; none means that the question has no answer (`'v2.0'` only).
 */
export function scoreAnswer(
  prediction: string,
  answers: readonly string[],
  rules: SquadRules = 'v1.1',
): AnswerScore {
  const predicted = normalizeAnswer(prediction);
  const all = answers.map(normalizeAnswer);
  const truths = rules === 'v2.0' ? answersThatCount(all) : all;
  const best = { exact: 0, f1: 0 };
  for (const truth of truths) {
    if (truth === predicted) best.exact = 1;
    best.f1 = Math.max(best.f1, f1Of(wordsOf(predicted), wordsOf(truth), rules !== 'v1.1'));
  }
  return best;
}

function answersThatCount(truths: readonly string[]): readonly string[] {
  const some = truths.filter((truth) => truth !== '');
  return some.length > 0 ? some : [''];
}

function f1Of(
  predicted: readonly string[],
  truth: readonly string[],
  emptyOnesAgree: boolean,
): number {
  if (predicted.length === 0 || truth.length === 0) {
    return emptyOnesAgree && predicted.length === truth.length ? 1 : 0;
  }
  const shared = sharedWords(predicted, truth);
  if (shared === 0) return 0;
  const precision = shared / predicted.length;
  const recall = shared / truth.length;
  // In the order of the scripts, so that the last digit is theirs.
  return (2 * precision * recall) / (precision + recall);
}

/** Words that both have, each as often as both have it. */
function sharedWords(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const word of a) counts.set(word, (counts.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of b) {
    const left = counts.get(word) ?? 0;
    if (left > 0) shared++;
    counts.set(word, left - 1);
  }
  return shared;
}

function wordsOf(normalized: string): string[] {
  return normalized === '' ? [] : normalized.split(' ');
}

/** Python's `string.punctuation`: ASCII only, so that a dash or a quotation mark of print stays. */
const punctuation = /[!-/:-@[-`{-~]/g;

/** Python's `\b` around a word: letters and numbers of all scripts, but no combining marks. */
const articles = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** What Python's `str.split()` takes for space: four separators more than Unicode, and no BOM. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these separators are what differs.
const space = /[\p{White_Space}\x1c-\x1f]+/gu;

/**
 * An answer without upper case, ASCII punctuation, English articles and surplus space, as SQuAD's
 * scripts compare it. Equal to Python for all characters that its version of Unicode knows.
 */
export function normalizeAnswer(answer: string): string {
  const words = answer.toLowerCase().replace(punctuation, '').replace(articles, ' ');
  return words.replace(space, ' ').replace(/^ | $/g, '');
}
