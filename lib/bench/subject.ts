import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { invalidArgument } from '../arguments.js';
import { type Digest, digestFile, digestModel } from '../engine/cache/digest.js';
import { Plan, readPlanInfo } from '../engine/plan/plan.js';
import { TensorRTError } from '../errors.js';
import { makeTemporaryFolder, writeFiles } from '../files.js';
import { Model } from '../onnx/model.js';
import { isModelPath } from '../runtime/load.js';
import { inPrecision } from '../variants/in-precision.js';
import type { Precision } from '../variants/precision.js';
import type { CheckedBenchOptions } from './bench-options.js';

/** A model in one precision, or a plan, as a file for other processes. */
export interface Variant {
  readonly kind: 'model' | 'plan';
  readonly path: string;
  /** Undefined for a plan. */
  readonly model: Model | undefined;
  readonly notes: readonly string[];
  readonly randomRanges: boolean;
}

/** What is measured, and the files made for it. */
export class Subject {
  readonly name: string;
  readonly digest: Digest;
  /** Undefined for a plan. */
  readonly model: Model | undefined;
  readonly #source: Model | Plan | Uint8Array | string;
  readonly #directory: string;
  readonly #variants = new Map<Precision | undefined, Promise<Variant>>();

  private constructor(
    source: Model | Plan | Uint8Array | string,
    model: Model | undefined,
    digest: Digest,
    directory: string,
  ) {
    this.#source = source;
    this.model = model;
    this.digest = digest;
    this.#directory = directory;
    const path = model?.path ?? (source instanceof Plan ? source.file : source);
    this.name = typeof path === 'string' ? basename(path) : (model?.graph.proto.name ?? 'plan');
  }

  /** @param source - a model, a plan, or the path of either. */
  static async open(
    source: Model | Plan | Uint8Array | string,
    signal: AbortSignal | undefined,
  ): Promise<Subject> {
    const model = await modelOf(source, signal);
    const digest = await digestOf(model ?? source, signal);
    return new Subject(source, model, digest, await makeTemporaryFolder());
  }

  /** Makes a variant once. Errors as {@link inPrecision}. */
  variant(precision: Precision | undefined, options: VariantOptions): Promise<Variant> {
    const known = this.#variants.get(precision);
    if (known) return known;
    const made = this.#make(precision, options);
    this.#variants.set(precision, made);
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #make(precision: Precision | undefined, options: VariantOptions): Promise<Variant> {
    if (!this.model) return this.#planVariant();
    if (precision === undefined) return this.#saved(this.model, 'model', [], false, options.signal);
    const { samples, table, placement, profiles, onPhase, signal } = options;
    const { model, notes, randomRanges } = await inPrecision(this.model, precision, {
      samples,
      table,
      placement,
      profiles,
      onProgress: ({ phase }) => onPhase(phase),
      signal,
    });
    return this.#saved(model, precision, notes, randomRanges, signal);
  }

  async #saved(
    model: Model,
    name: string,
    notes: readonly string[],
    randomRanges: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Variant> {
    const given = typeof this.#source === 'string' && model === this.model;
    const path = given ? (this.#source as string) : join(this.#directory, `${name}.onnx`);
    if (!given) await model.save(path, { signal });
    return { kind: 'model', path, model, notes, randomRanges };
  }

  async #planVariant(): Promise<Variant> {
    const source = this.#source instanceof Plan ? this.#source.source : this.#source;
    const path = typeof source === 'string' ? source : join(this.#directory, 'engine.plan');
    if (source instanceof Uint8Array) await writeFiles([{ path, parts: [source] }]);
    return { kind: 'plan', path, model: undefined, notes: [], randomRanges: false };
  }
}

/** What {@link inPrecision} is told. */
export type VariantOptions = Pick<
  CheckedBenchOptions,
  'samples' | 'table' | 'placement' | 'profiles' | 'signal'
> & {
  readonly onPhase: (phase: string) => void;
};

async function modelOf(source: unknown, signal?: AbortSignal): Promise<Model | undefined> {
  if (source instanceof Model) return source;
  if (source instanceof Plan || source instanceof Uint8Array) return undefined;
  if (typeof source !== 'string' || source === '') {
    throw invalidArgument('model', 'a Model, a plan or the path of one of them', source);
  }
  if (isModelPath(source)) return Model.load(source, { signal });
  if (await isPlan(source)) return undefined;
  return Model.load(source, { signal }).catch((cause: Error) => {
    throw new TensorRTError('ERR_FILE', `'${source}' is no plan and no model.`, {
      file: source,
      cause,
      remedy: 'Give an .onnx file or a plan.',
    });
  });
}

/** A file that is no plan may still be a model, whose reader says what is wrong with it. */
export async function isPlan(path: string): Promise<boolean> {
  try {
    await readPlanInfo(path);
    return true;
  } catch (error) {
    if (error instanceof TensorRTError && error.code === 'ERR_TRT_ENGINE_INVALID') return false;
    throw error;
  }
}

async function digestOf(
  subject: Model | Plan | Uint8Array | string,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  if (subject instanceof Model) return digestModel(subject, signal);
  const source = subject instanceof Plan ? subject.source : subject;
  if (typeof source === 'string') return digestFile(source, signal);
  return { sha256: createHash('sha256').update(source).digest('hex'), bytes: source.byteLength };
}
