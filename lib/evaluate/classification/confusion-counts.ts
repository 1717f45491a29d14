import { sum } from '../statistics/standard-error.js';
import type { ClassFigures, Confusion } from '../task.js';

/** Counts answers by label, and what follows from that. */
export class ConfusionCounts {
  /** [label][answer] */
  readonly #counts: number[][] = [];
  /** Items by label that have no answer. */
  readonly #unanswered: number[] = [];
  #items = 0;
  #right = 0;

  /**
   * @param answer - NaN for no answer.
   * @param classes - that the model tells apart.
   */
  add(label: number, answer: number, classes: number): void {
    this.#growTo(classes);
    this.#items++;
    if (Number.isNaN(answer)) {
      this.#unanswered[label] = (this.#unanswered[label] as number) + 1;
      return;
    }
    const row = this.#counts[label] as number[];
    row[answer] = (row[answer] as number) + 1;
    if (answer === label) this.#right++;
  }

  get items(): number {
    return this.#items;
  }

  get unanswered(): number {
    return sum(this.#unanswered);
  }

  get accuracy(): number {
    return this.#right / this.#items;
  }

  /** The mean over the classes that occur among labels or answers, as scikit-learn takes it. */
  macroF1(): number {
    const classes = this.#occurring();
    return sum(classes.map(({ f1 }) => f1)) / classes.length;
  }

  /** The mean over the classes, each as heavy as it has items. */
  weightedF1(): number {
    return sum(this.#occurring().map(({ f1, support }) => f1 * support)) / this.#items;
  }

  /** @param nameOf - of a class by its index. */
  classes(nameOf: (index: number) => string): ClassFigures[] {
    return this.#counts.map((_, index) => this.#figures(index, nameOf(index)));
  }

  /** @param nameOf - of a class by its index. */
  confusion(nameOf: (index: number) => string): Confusion {
    return {
      labels: this.#counts.map((_, index) => nameOf(index)),
      counts: this.#counts.map((row) => [...row]),
    };
  }

  /** Makes the table as large as the model has classes. */
  #growTo(size: number): void {
    if (size <= this.#counts.length) return;
    for (const row of this.#counts) while (row.length < size) row.push(0);
    while (this.#counts.length < size) {
      this.#counts.push(new Array<number>(size).fill(0));
      this.#unanswered.push(0);
    }
  }

  #figures(index: number, label: string): ClassFigures & { readonly answered: number } {
    const row = this.#counts[index] as number[];
    const right = row[index] as number;
    const support = sum(row) + (this.#unanswered[index] as number);
    const answered = sum(this.#counts.map((other) => other[index] as number));
    return { label, ...fScore(right, answered, support), support, answered };
  }

  #occurring() {
    return this.#counts
      .map((_, index) => this.#figures(index, ''))
      .filter(({ support, answered }) => support + answered > 0);
  }
}

/** Precision, recall and their harmonic mean; what would be 0/0 is 0, as scikit-learn has it. */
export function fScore(right: number, answered: number, support: number) {
  return {
    precision: right / (answered || 1),
    recall: right / (support || 1),
    f1: (2 * right) / (answered + support || 1),
  };
}
