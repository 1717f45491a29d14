import { readFileSync } from 'node:fs';
import { invalidArgument } from '../../arguments.js';
import { copyWholeFile, fileError, isSystemError, writeFiles } from '../../files.js';
import type { Product } from '../library/libraries.js';
import { type PlanInfo, parsePlanHeader, readPlanBeginning } from './plan-header.js';

export type { PlanInfo } from './plan-header.js';

/** What became of a build that was given a cache. */
export interface CacheOutcome {
  /** Whether the plan was there already. */
  readonly hit: boolean;
  /** Identifies everything that the plan depends on. */
  readonly key: string;
  /** Why it was not there; undefined for a hit. */
  readonly reason: string | undefined;
  /** Where the plan lies in the cache. */
  readonly file: string;
}

/** What the bytes of a plan do not tell. */
interface PlanFacts {
  readonly seconds: number;
  readonly cache?: CacheOutcome;
  /** A lock on the file: while the plan lives, the cache does not remove it. */
  readonly hold?: object;
}

/** What must not be collected before the plan is. */
const holds = new WeakMap<Plan, object>();

/** The constructor, for this package only. */
let makePlan: (source: Uint8Array | string, info: PlanInfo, facts: PlanFacts) => Plan;

/** A serialised engine, as {@link buildEngine} returns it: in memory, or in a file. */
export class Plan implements PlanInfo {
  readonly product: Product;
  readonly version: string;
  readonly bytes: number;
  readonly serializationVersion: number;
  readonly targets: readonly string[] | undefined;
  /** How long TensorRT took to parse and build, now or when the plan came into the cache. */
  readonly seconds: number;
  /** Where the plan lies, if it was built to a file or came through a cache. */
  readonly file: string | undefined;
  /** What became of the build, if it was given a cache. */
  readonly cache: CacheOutcome | undefined;
  #data: Uint8Array | undefined;

  private constructor(source: Uint8Array | string, info: PlanInfo, facts: PlanFacts) {
    this.product = info.product;
    this.version = info.version;
    this.bytes = info.bytes;
    this.serializationVersion = info.serializationVersion;
    this.targets = info.targets;
    this.seconds = facts.seconds;
    this.cache = facts.cache;
    if (facts.hold) holds.set(this, facts.hold);
    if (typeof source === 'string') this.file = source;
    else this.#data = source;
  }

  static {
    makePlan = (source, info, facts) => new Plan(source, info, facts);
  }

  /**
   * The bytes of the plan. Where it lies in a file they are read when first asked for, at once and
   * on this thread; {@link Engine.load} and {@link Plan.save} do not need them.
   *
   * @throws TensorRTError ERR_FILE
   */
  get data(): Uint8Array {
    this.#data ??= this.#read();
    return this.#data;
  }

  #read(): Uint8Array {
    const file = this.file as string;
    try {
      return readFileSync(file);
    } catch (error) {
      throw isSystemError(error) ? fileError('read', file, error) : error;
    }
  }

  /** What a loader reads: the file where there is one, else the bytes. @internal */
  get source(): Uint8Array | string {
    return this.file ?? this.data;
  }

  /**
   * Writes the plan to a file, whole or not at all.
   *
   * @throws TensorRTError ERR_FILE
   */
  async save(path: string): Promise<void> {
    if (this.file === undefined) await writeFiles([{ path, parts: [this.data] }]);
    else await copyWholeFile(this.file, path);
  }
}

/** @throws TensorRTError ERR_TRT_ENGINE_INVALID */
export function planFromBytes(data: Uint8Array, facts: PlanFacts): Plan {
  return makePlan(data, parsePlanHeader({ header: data, bytes: data.byteLength }), facts);
}

/**
 * A plan that stays in its file.
 *
 * @throws TensorRTError ERR_FILE, ERR_TRT_ENGINE_INVALID
 */
export async function planFromFile(path: string, facts: PlanFacts): Promise<Plan> {
  return makePlan(path, parsePlanHeader(await readPlanBeginning(path)), facts);
}

/**
 * Reads what a plan tells of itself: product, version, size. Needs no library, and reads no more of
 * a file than its first bytes. A plan runs only with the product and version that built it.
 *
 * @param plan - the result of {@link buildEngine}, its bytes, or the path of a file.
 * @throws TensorRTError ERR_FILE, ERR_TRT_ENGINE_INVALID when it is no plan or a part of one.
 */
export async function readPlanInfo(plan: Plan | Uint8Array | string): Promise<PlanInfo> {
  const source = plan instanceof Plan ? plan.source : plan;
  if (source instanceof Uint8Array) {
    return parsePlanHeader({ header: source, bytes: source.byteLength });
  }
  if (typeof source !== 'string') {
    throw invalidArgument('plan', 'a Plan, a Uint8Array or a path', plan);
  }
  return parsePlanHeader(await readPlanBeginning(source));
}
