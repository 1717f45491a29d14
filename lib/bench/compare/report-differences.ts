import type { BenchReport } from '../bench-report.js';

/** Something beside the cells in which two reports differ. */
export interface Difference {
  readonly of: 'machine' | 'method' | 'versions' | 'model';
  readonly name: string;
  /** Undefined where a report has no such entry. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What a price is does not change how fast a model runs, nor does what the file is called. */
const indifferent: readonly string[] = ['method.pricePerHour', 'model.name'];

export function differencesOf(before: BenchReport, after: BenchReport): Difference[] {
  return (['machine', 'method', 'versions', 'model'] as const).flatMap((of) => {
    const [old, now] = [texts(before[of]), texts(after[of])];
    return [...new Set([...old.keys(), ...now.keys()])]
      .filter((name) => old.get(name) !== now.get(name) && !indifferent.includes(`${of}.${name}`))
      .map((name) => ({ of, name, before: old.get(name), after: now.get(name) }));
  });
}

function texts(values: object): Map<string, string> {
  const stated = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Map(stated.map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}
