import type { QuantizationVariant } from './auto-quantize-options.js';
import { fewestInFloat } from './auto-quantize-search.js';
import {
  NoTrialsLeft,
  type PreparedVariant,
  type QuantizationTrial,
  type TrialRun,
} from './auto-quantize-trials.js';
import type { QuantizationGroup } from './groups.js';
import type { GroupDistance } from './sensitivity-bench.js';

/** What was found: groups to keep in float that meet the bound. */
export interface Found {
  readonly prepared: PreparedVariant;
  readonly float: readonly QuantizationGroup[];
  readonly trial: QuantizationTrial;
}

/** Tries variants as wholes, then keeps groups of the best in float. */
export class Search {
  ranking: readonly GroupDistance[] = [];
  endedEarly = false;
  readonly #run: TrialRun;
  readonly #variants: readonly QuantizationVariant[];
  #found: Found | undefined;

  constructor(run: TrialRun, variants: readonly QuantizationVariant[]) {
    this.#run = run;
    this.#variants = variants;
  }

  async run(): Promise<Found | undefined> {
    try {
      await this.#search();
    } catch (error) {
      if (!(error instanceof NoTrialsLeft)) throw error;
      this.endedEarly = true;
    }
    return this.#found;
  }

  async #search(): Promise<void> {
    let best: { prepared: PreparedVariant; metric: number } | undefined;
    for (const variant of this.#variants) {
      const prepared = await this.#run.prepare(variant);
      const { metric } = await this.#try(prepared, []);
      if (this.#found) return;
      if (!best || metric > best.metric) best = { prepared, metric };
    }
    if (!best) return;
    const { prepared } = best;
    this.ranking = await this.#run.rank(prepared);
    const ranked = this.ranking.flatMap(({ name }) =>
      prepared.quantizer.groups.filter((group) => group.name === name),
    );
    await fewestInFloat(ranked, async (float) => (await this.#try(prepared, float)).meets);
  }

  /** The last that meets the bound is what the search ends with: it goes from more to fewer. */
  async #try(
    prepared: PreparedVariant,
    float: readonly QuantizationGroup[],
  ): Promise<QuantizationTrial> {
    const trial = await this.#run.try(prepared, float);
    if (trial.meets) this.#found = { prepared, float, trial };
    return trial;
  }
}
