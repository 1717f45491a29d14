import { fScore } from '../classification/confusion-counts.js';
import { errorOfRatio, sum } from '../statistics/standard-error.js';
import type { ClassFigures } from '../task.js';
import { type Entity, entitiesOf } from './entities.js';

interface TypeCounts {
  right: number;
  answered: number;
  support: number;
}

/** Counts entities that were found, over sentences of tags. */
export class EntityCounts {
  readonly #tags: readonly string[];
  readonly #types = new Map<string, TypeCounts>();
  /** Of each sentence: twice the right ones, and all of labels and answers; F1 is their ratio. */
  readonly #over: number[] = [];
  readonly #under: number[] = [];

  constructor(tags: readonly string[]) {
    this.#tags = tags;
  }

  /** A sentence. @param answers - NaN for no answer. */
  add(labels: readonly number[], answers: readonly number[]): void {
    const [expected, found] = [this.#entities(labels), this.#entities(answers)];
    const keys = new Set(expected.map(keyOf));
    const right = found.filter((entity) => keys.has(keyOf(entity)));
    for (const { type } of expected) this.#type(type).support++;
    for (const { type } of found) this.#type(type).answered++;
    for (const { type } of right) this.#type(type).right++;
    this.#over.push(2 * right.length);
    this.#under.push(expected.length + found.length);
  }

  /** Over all types together. */
  overall() {
    const all = [...this.#types.values()];
    const total = (key: keyof TypeCounts) => sum(all.map((counts) => counts[key]));
    const { f1, precision, recall } = fScore(total('right'), total('answered'), total('support'));
    return { f1, precision, recall };
  }

  /** Of the F1 over all types. */
  standardError(): number {
    return errorOfRatio(this.#over, this.#under);
  }

  byType(): ClassFigures[] {
    return [...this.#types]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, { right, answered, support }]) => ({
        label,
        ...fScore(right, answered, support),
        support,
      }));
  }

  #entities(classes: readonly number[]): Entity[] {
    return entitiesOf(classes.map((index) => this.#tags[index] ?? 'O'));
  }

  #type(name: string): TypeCounts {
    let counts = this.#types.get(name);
    if (!counts) {
      counts = { right: 0, answered: 0, support: 0 };
      this.#types.set(name, counts);
    }
    return counts;
  }
}

function keyOf({ type, start, end }: Entity): string {
  return `${start} ${end} ${type}`;
}
