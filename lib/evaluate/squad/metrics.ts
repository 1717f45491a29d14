import { invalidArgument } from '../../arguments.js';
import { type AnswerScore, type SquadRules, scoreAnswer } from './answer-scores.js';

/** A question as the metrics see it. */
export interface SquadQuestion {
  readonly id: string;
  /** The right answers; in SQuAD v2, none where the text does not answer the question. */
  readonly answers: readonly string[];
}

export interface SquadOptions {
  /** Default: `'v2.0'` where a question has no answer, else `'v1.1'`. */
  rules?: SquadRules | undefined;
  /** How sure the model is that a question has no answer, by id: a probability or a difference. */
  noAnswer?: ReadonlyMap<string, number> | undefined;
  /** Above it, what is in `noAnswer` overrules the answer. Default: 1. */
  noAnswerThreshold?: number | undefined;
}

/** Means over a set of questions, in percent as SQuAD's scripts print them. */
export interface SquadMeans {
  readonly exact: number;
  readonly f1: number;
  readonly total: number;
}

/** What an `evaluate-v2.0.py` could reach by the best threshold. */
export interface BestThresholds {
  readonly bestExact: number;
  readonly bestExactThreshold: number;
  readonly bestF1: number;
  readonly bestF1Threshold: number;
}

export interface SquadScores extends SquadMeans {
  readonly rules: SquadRules;
  /** Of questions that have an answer, and of those that have none; absent where there are none. */
  readonly hasAnswer?: SquadMeans | undefined;
  readonly noAnswer?: SquadMeans | undefined;
  /** Given where `noAnswer` was. */
  readonly best?: BestThresholds | undefined;
  /** The score of each question that was counted, by id, in the order of the questions. */
  readonly scores: ReadonlyMap<string, AnswerScore>;
}

/**
 * Exact match and F1 as SQuAD's official scripts compute them.
 *
 * A question without a prediction counts as wrong by the rules of v1.1 and torchmetrics, and is left
 * out by those of v2.0.
 *
 * @param predictions - the answer to each question, by its id; `''` for none.
 * @throws TypeError where nothing can be scored, or a question has no answer by the rules of v1.1.
 */
export function scoreSquad(
  questions: readonly SquadQuestion[],
  predictions: ReadonlyMap<string, string>,
  options: SquadOptions = {},
): SquadScores {
  const { rules = rulesFor(questions), noAnswer, noAnswerThreshold = 1 } = options;
  const raw = rawScores(questions, predictions, rules);
  if (raw.size === 0) throw invalidArgument('questions', 'questions with predictions', questions);
  const counted = questions.filter(({ id }) => raw.has(id));
  const scores = new Map(
    counted.map((question) => {
      const overruled = (noAnswer?.get(question.id) ?? 0) > noAnswerThreshold;
      const score = raw.get(question.id) as AnswerScore;
      return [question.id, overruled ? scoreOfNone(question) : score];
    }),
  );
  const meansOf = (some: readonly SquadQuestion[]) =>
    some.length === 0 ? undefined : means(some, scores);
  const isV2 = rules === 'v2.0';
  return {
    rules,
    ...means(counted, scores),
    hasAnswer: isV2 ? meansOf(counted.filter(isAnswered)) : undefined,
    noAnswer: isV2 ? meansOf(counted.filter((question) => !isAnswered(question))) : undefined,
    best: noAnswer && bestThresholds(questions, predictions, raw, noAnswer),
    scores,
  };
}

/** The rules of the data set that the questions are of. */
export function rulesFor(questions: readonly SquadQuestion[]): SquadRules {
  return questions.every(isAnswered) ? 'v1.1' : 'v2.0';
}

function isAnswered({ answers }: SquadQuestion): boolean {
  return answers.length > 0;
}

function scoreOfNone(question: SquadQuestion): AnswerScore {
  const score = isAnswered(question) ? 0 : 1;
  return { exact: score, f1: score };
}

function rawScores(
  questions: readonly SquadQuestion[],
  predictions: ReadonlyMap<string, string>,
  rules: SquadRules,
): Map<string, AnswerScore> {
  const scores = new Map<string, AnswerScore>();
  for (const { id, answers } of questions) {
    const prediction = predictions.get(id);
    if (answers.length === 0 && rules !== 'v2.0') {
      throw invalidArgument(`the answers to question '${id}'`, 'at least one', answers);
    }
    if (prediction !== undefined) scores.set(id, scoreAnswer(prediction, answers, rules));
    else if (rules !== 'v2.0') scores.set(id, { exact: 0, f1: 0 });
  }
  return scores;
}

function means(
  questions: readonly SquadQuestion[],
  scores: ReadonlyMap<string, AnswerScore>,
): SquadMeans {
  const percent = (metric: keyof AnswerScore) => {
    let sum = 0;
    for (const { id } of questions) sum += scores.get(id)?.[metric] ?? 0;
    // In the order of the scripts, so that the last digit is theirs.
    return (100 * sum) / questions.length;
  };
  return { exact: percent('exact'), f1: percent('f1'), total: questions.length };
}

function bestThresholds(
  questions: readonly SquadQuestion[],
  predictions: ReadonlyMap<string, string>,
  raw: ReadonlyMap<string, AnswerScore>,
  noAnswer: ReadonlyMap<string, number>,
): BestThresholds {
  const byId = new Map(questions.map((question) => [question.id, question]));
  // Equal ones stay in the order in which they were given, as in Python.
  const bySureness = [...noAnswer].filter(([id]) => raw.has(id)).sort(([, a], [, b]) => a - b);
  const unanswered = questions.filter((question) => !isAnswered(question)).length;

  const best = (metric: keyof AnswerScore): [score: number, threshold: number] => {
    // Begins where every question is left unanswered, and lets one answer after the other in.
    let [score, most, threshold] = [unanswered, unanswered, 0];
    for (const [id, sureness] of bySureness) {
      if (isAnswered(byId.get(id) as SquadQuestion)) score += raw.get(id)?.[metric] ?? 0;
      else if (predictions.get(id) !== '') score--;
      if (score > most) [most, threshold] = [score, sureness];
    }
    return [(100 * most) / raw.size, threshold];
  };
  const [[bestExact, bestExactThreshold], [bestF1, bestF1Threshold]] = [best('exact'), best('f1')];
  return { bestExact, bestExactThreshold, bestF1, bestF1Threshold };
}
