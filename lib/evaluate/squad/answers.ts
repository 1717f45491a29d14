import { hasMostContext, type SquadWindow, type WindowedQuestion } from './windows.js';

export interface AnswerOptions {
  /** The best beginnings, and the best ends, that are combined. */
  readonly nBest: number;
  /** In tokens. */
  readonly maxAnswerLength: number;
}

/** The logits of one window; position 0 is the first token that the model was fed. */
export interface WindowLogits {
  readonly window: SquadWindow;
  readonly start: ArrayLike<number>;
  readonly end: ArrayLike<number>;
  /** Of the text among the tokens. */
  readonly textStart: number;
}

/** What a model answers to a question. */
export interface SquadAnswer {
  /** `''` where the model finds none in any window, `'NaN'` where it gives NaN. */
  readonly text: string;
  /**
   * Logits for "no answer", less those of the best answer: the higher, the surer that there is none.
   * Infinity where no answer was found, NaN where logits are.
   */
  readonly nullDifference: number;
}

interface Candidate {
  readonly from: number;
  readonly to: number;
  readonly score: number;
}

/**
 * Collects what a model says in the windows of a question, as `run_squad.py` of BERT does: spans
 * from the best beginnings to the best ends of each window, of which the best of all is the answer.
 */
export class AnswerSearch {
  readonly #question: WindowedQuestion;
  readonly #options: AnswerOptions;
  #best: Candidate | undefined;
  #nullScore = Number.POSITIVE_INFINITY;
  #sawNaN = false;

  constructor(question: WindowedQuestion, options: AnswerOptions) {
    this.#question = question;
    this.#options = options;
  }

  add({ window, start, end, textStart }: WindowLogits): void {
    // The first token stands for "no answer"; the window that is least sure of it counts.
    const nullScore = (start[0] as number) + (end[0] as number);
    this.#sawNaN ||= hasNaN(start) || hasNaN(end);
    this.#nullScore = Math.min(this.#nullScore, nullScore);
    const { nBest, maxAnswerLength } = this.#options;
    const ends = bestPositions(end, nBest);
    for (const first of bestPositions(start, nBest)) {
      const from = first - textStart + window.start;
      if (!isInText(window, from) || !hasMostContext(window, from)) continue;
      for (const last of ends) {
        if (last < first || last - first >= maxAnswerLength) continue;
        const to = last - textStart + window.start;
        if (!isInText(window, to)) continue;
        const score = (start[first] as number) + (end[last] as number);
        // The first of equal ones stays, as after the stable sorting of the reference.
        if (!this.#best || score > this.#best.score) this.#best = { from, to, score };
      }
    }
  }

  answer(): SquadAnswer {
    if (this.#sawNaN) return { text: 'NaN', nullDifference: Number.NaN };
    if (!this.#best) return { text: '', nullDifference: Number.POSITIVE_INFINITY };
    const { from, to, score } = this.#best;
    const { text, offsets } = this.#question.context;
    return {
      text: text.slice(offsets[2 * from], offsets[2 * to + 1]),
      nullDifference: this.#nullScore - score,
    };
  }
}

function isInText({ start, length }: SquadWindow, token: number): boolean {
  return token >= start && token < start + length;
}

function hasNaN(values: ArrayLike<number>): boolean {
  for (let index = 0; index < values.length; index++) if (Number.isNaN(values[index])) return true;
  return false;
}

/** The positions of the largest values, the largest first; of equal ones the first. */
function bestPositions(values: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let position = 0; position < values.length; position++) {
    const value = values[position] as number;
    if (best.length === count && value <= (values[best.at(-1) as number] as number)) continue;
    const after = best.findIndex((other) => value > (values[other] as number));
    best.splice(after === -1 ? best.length : after, 0, position);
    if (best.length > count) best.pop();
  }
  return best;
}
