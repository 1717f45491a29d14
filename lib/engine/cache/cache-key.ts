import { createHash } from 'node:crypto';
import type { Product } from '../library/libraries.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Everything that an engine depends on. */
export interface EngineIngredients {
  readonly model: {
    /** Its file without the folder, or the name of its graph where it has no file. */
    readonly name: string;
    readonly path?: string | undefined;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    /** Of the model with all its weights, wherever they lie. */
    readonly sha256: string;
    readonly bytes: number;
  };
  readonly product: Product;
  /** Of the library, as it says itself: major.minor.patch.build. */
  readonly version: string;
  /** Version of the ONNX parser. */
  readonly parser: string;
  /** What the builder was told, besides what follows; defaults are left out. */
  readonly options: JsonObject;
  readonly profiles: readonly JsonObject[];
  /** In the order in which they were loaded. */
  readonly plugins: readonly {
    readonly name: string;
    readonly sha256: string;
    /** Whether the plan carries it. */
    readonly serialized: boolean;
  }[];
  /** What the engine was built for. */
  readonly target: BuildTarget;
}

/** Compute capabilities, or the machine where the engine is built for its GPU. */
export interface BuildTarget {
  readonly targets?: readonly string[];
  readonly gpu?: string;
  readonly computeCapability?: string;
  readonly multiprocessors?: number;
  readonly driver?: string;
  readonly os?: string;
}

/** Part of every key: entries of another format are never looked at. */
export const cacheFormat = 1;

/** The name of an entry: the SHA-256 of its ingredients, without the names of files. */
export function cacheKey(ingredients: EngineIngredients): string {
  const { model, plugins, ...rest } = ingredients;
  const content = {
    ...rest,
    format: cacheFormat,
    model: model.sha256,
    plugins: plugins.map(({ sha256, serialized }) => ({ sha256, serialized })),
  };
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

/** JSON with the keys of every object in order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
