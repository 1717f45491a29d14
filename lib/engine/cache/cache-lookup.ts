import type { CacheOutcome, Plan } from '../plan/plan.js';
import { EntryFiles, type Found, type Whole } from './cache-entry.js';
import { cacheKey, type EngineIngredients } from './cache-key.js';
import { explainMiss } from './cache-reason.js';
import type { EngineCache } from './engine-cache.js';

/** What a cache needs to give or make a plan. */
export interface PlanRequest {
  readonly ingredients: EngineIngredients;
  /** Builds the plan into a new file, and tells how long that took. */
  readonly build: (file: string) => Promise<number>;
  readonly signal?: AbortSignal | undefined;
  /** Called when another process is building the same plan. */
  readonly onWait?: (() => void) | undefined;
  /** Called when it is known whether the plan is there, before it is built. */
  readonly onOutcome?: ((outcome: CacheOutcome) => void) | undefined;
}

/** Gives a plan from the cache, or builds it into the cache, once for all who ask at the same time. */
export async function getOrBuild(cache: EngineCache, request: PlanRequest): Promise<Plan> {
  const { ingredients, signal, onWait } = request;
  const files = new EntryFiles(cache.folder, cacheKey(ingredients));
  const found = await files.find(signal);
  if (found.state === 'whole') return hit(files, found, request);
  const work = async () => {
    // Another may have built it since.
    const again = await files.find(signal);
    if (again.state === 'whole') return hit(files, again, request);
    return build(cache, files, again, request);
  };
  return files.exclusively(work, { signal, onWait });
}

async function hit(files: EntryFiles, found: Whole, request: PlanRequest): Promise<Plan> {
  const outcome = { hit: true, key: files.key, reason: undefined, file: files.plan };
  request.onOutcome?.(outcome);
  return files.open(found, outcome);
}

async function build(
  cache: EngineCache,
  files: EntryFiles,
  found: Exclude<Found, Whole>,
  request: PlanRequest,
): Promise<Plan> {
  const { ingredients, signal } = request;
  const missReason =
    found.state === 'damaged'
      ? `entry damaged: ${found.why}`
      : explainMiss(ingredients, await cache.entries());
  const outcome = { hit: false, key: files.key, reason: missReason, file: files.plan };
  request.onOutcome?.(outcome);
  await files.removeLeftovers();
  const temporary = files.temporary();
  try {
    const seconds = await request.build(temporary);
    const stored = await files.store(temporary, { ingredients, seconds, missReason }, signal);
    const plan = await files.open(stored, outcome);
    // Plans of others that cannot be removed are no reason to refuse this one.
    await cache.prune().catch(() => {});
    return plan;
  } catch (error) {
    await files.removeLeftovers();
    throw error;
  }
}
