import type { GraphProto } from 'onnx-buf';
import { namesIn } from './subgraphs.js';

/** The names that are taken in a graph and its sub-graphs, also those that were only handed out. */
export class Names {
  readonly #taken: Set<string>;
  /** Where to go on counting, so that many names of one base do not take quadratic time. */
  readonly #counts = new Map<string, number>();

  constructor(graph: GraphProto) {
    this.#taken = namesIn(graph);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  add(names: Iterable<string>): void {
    for (const name of names) this.#taken.add(name);
  }

  addGraph(graph: GraphProto): void {
    namesIn(graph, this.#taken);
  }

  /** `base`, or `base` with a number; taken from then on. */
  unique(base: string): string {
    let name = base;
    let count = this.#counts.get(base) ?? 0;
    while (this.#taken.has(name)) name = `${base}_${++count}`;
    if (count > 0) this.#counts.set(base, count);
    this.#taken.add(name);
    return name;
  }
}
