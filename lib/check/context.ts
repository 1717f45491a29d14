import type { TensorProto } from 'onnx-buf';
import type { Target } from '../engine/build/build-switches.js';
import type { Profile } from '../engine/build/profiles.js';
import type { Product } from '../engine/library/libraries.js';
import type { Model } from '../onnx/model.js';
import { inferShapes } from '../onnx/shapes/infer-shapes.js';
import { type Scope, type Site, scopesOf } from './scope.js';
import { quantizationConstants, SmallValues } from './small-values.js';

/** What the model is checked for. */
export interface CheckTarget {
  readonly product: Product;
  /** Compute capabilities the engine is for; empty where that is open. */
  readonly targets: readonly Target[];
  /** Undefined where none were given, so that nothing about them can be wrong. */
  readonly profiles: readonly Profile[] | undefined;
  /** Whether plugins are loaded, which may bring operators along. */
  readonly hasPlugins: boolean;
}

/** A model as the rules see it: all its nodes, what is known about its tensors, small constants. */
export class CheckContext {
  readonly model: Model;
  readonly target: CheckTarget;
  readonly scopes: readonly Scope[];
  readonly #values: SmallValues;
  readonly #byOperator = new Map<string, Site[]>();
  readonly #found = new Map<string, unknown>();
  /** All nodes, those of sub-graphs too. */
  readonly sites: readonly Site[];

  constructor(model: Model, target: CheckTarget, scopes: readonly Scope[], values: SmallValues) {
    this.model = model;
    this.target = target;
    this.#values = values;
    this.scopes = scopes;
    this.sites = scopes.flatMap((scope) => scope.sites);
    for (const site of this.sites) {
      const list = this.#byOperator.get(site.node.opType);
      if (list) list.push(site);
      else this.#byOperator.set(site.node.opType, [site]);
    }
  }

  /** The scope of the model's own graph. */
  get main(): Scope {
    return this.scopes[0] as Scope;
  }

  /** The nodes of these operators, of whatever domain, in sub-graphs too. */
  ofType(...opTypes: string[]): Site[] {
    return opTypes.flatMap((opType) => this.#byOperator.get(opType) ?? []);
  }

  /** What several rules look for in the whole model is found once. */
  once<T>(name: string, find: () => T): T {
    if (!this.#found.has(name)) this.#found.set(name, find());
    return this.#found.get(name) as T;
  }

  /** The values of a small constant as numbers; undefined for all else. */
  numbers(tensor: TensorProto | undefined): ArrayLike<number> | undefined {
    return tensor && this.#values.of(tensor);
  }
}

/**
 * Everything the rules look at, read and inferred.
 *
 * @param isOutline - large weights of the model are zeros that mean nothing.
 */
export async function contextOf(
  model: Model,
  target: CheckTarget,
  { isOutline, signal }: { isOutline: boolean; signal: AbortSignal | undefined },
): Promise<CheckContext> {
  const shapes = await inferShapes(model, { signal });
  const values = new SmallValues(isOutline);
  const scopes = scopesOf(model.graph, shapes);
  await values.load(model, quantizationConstants(scopes), signal);
  return new CheckContext(model, target, scopes, values);
}
